import { aws_apigateway as rest, aws_certificatemanager as acm, aws_dynamodb as dynamodb, Duration, SecretValue } from 'aws-cdk-lib';
import { Match, type Template } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, test } from 'vitest';
import { SITE_PATHS, ROUTES } from '../src/app/routes.js';
import { GatepostSession, type GatepostSessionProps, GatepostSite, type GatepostSiteProps } from '../src/index.js';
import { SESSION_ROUTES } from '../src/site/session.js';
import { appTemplate, projectFile, world, ZIP } from './support.js';

let template: Template;
beforeAll(() => {
  template = appTemplate({ web: true, sessionZip: ZIP });
});

const properties = (type: string, made = template) => Object.values(made.findResources(type)).map((resource) => resource.Properties);
const distribution = (made = template) => properties('AWS::CloudFront::Distribution', made)[0].DistributionConfig;
const functionOf = (path: RegExp, made = template) =>
  Object.entries(made.findResources('AWS::Lambda::Function')).find(([id]) => path.test(id))![1].Properties;

test('without the option there is no site', () => {
  const plain = appTemplate();
  plain.resourceCountIs('AWS::CloudFront::Distribution', 0);
  plain.resourceCountIs('AWS::SecretsManager::Secret', 0);
});

describe('the site', () => {
  test('has its pages in a bucket that nobody but this distribution can read', () => {
    const buckets = template.findResources('AWS::S3::Bucket');
    for (const { Properties } of Object.values(buckets)) {
      expect(Properties.PublicAccessBlockConfiguration).toEqual({
        BlockPublicAcls: true, BlockPublicPolicy: true, IgnorePublicAcls: true, RestrictPublicBuckets: true,
      });
    }
    const id = Object.keys(buckets).find((name) => name.startsWith('SiteFiles'));
    const statements = properties('AWS::S3::BucketPolicy').find((policy) => policy.Bucket.Ref === id)!.PolicyDocument.Statement;
    const allowed = statements.filter((statement: any) => statement.Effect === 'Allow');
    expect(allowed.flatMap((statement: any) => statement.Action)).toEqual(['s3:GetObject', 's3:ListBucket']);
    for (const statement of allowed) {
      expect(statement.Principal).toEqual({ Service: 'cloudfront.amazonaws.com' });
      expect(JSON.stringify(statement.Condition)).toContain('SiteDistribution');
    }
    template.hasResourceProperties('AWS::CloudFront::OriginAccessControl', {
      OriginAccessControlConfig: { OriginAccessControlOriginType: 's3', SigningBehavior: 'always', SigningProtocol: 'sigv4' },
    });
  });

  test('asks the function about every path that leads to the bucket', () => {
    const config = distribution();
    const files = config.DefaultCacheBehavior.TargetOriginId;
    const behaviours = [config.DefaultCacheBehavior, ...config.CacheBehaviors];
    for (const behaviour of behaviours.filter((each) => each.TargetOriginId === files)) {
      expect(behaviour.FunctionAssociations).toEqual([
        { EventType: 'viewer-request', FunctionARN: { 'Fn::GetAtt': [expect.stringMatching(/^SitePagesFunction/), 'FunctionARN'] } },
      ]);
      expect(behaviour.AllowedMethods).toEqual(['GET', 'HEAD']);
      expect(behaviour.ViewerProtocolPolicy).toBe('redirect-to-https');
    }
  });

  test('hands sign-in and API on to the stage, whole, and keeps no answer', () => {
    const config = distribution();
    const api = config.CacheBehaviors.filter((each: any) => each.TargetOriginId !== config.DefaultCacheBehavior.TargetOriginId);
    expect(api.map((each: any) => each.PathPattern)).toEqual(['/auth/*', ...SITE_PATHS]);
    for (const behaviour of api) {
      expect(behaviour).toMatchObject({
        AllowedMethods: ['GET', 'HEAD', 'OPTIONS', 'PUT', 'PATCH', 'POST', 'DELETE'],
        CachePolicyId: '4135ea2d-6df8-44a3-9df3-4b5a84be39ad', // CachingDisabled
        OriginRequestPolicyId: 'b689b0a8-53d0-40ab-baf2-68738e2966ac', // AllViewerExceptHostHeader
        ViewerProtocolPolicy: 'https-only',
      });
      expect(behaviour.FunctionAssociations).toBeUndefined();
    }
    const [origin] = config.Origins.filter((each: any) => each.CustomOriginConfig !== undefined);
    expect(origin).toMatchObject({ OriginPath: '/prod', CustomOriginConfig: { OriginProtocolPolicy: 'https-only', OriginSSLProtocols: ['TLSv1.2'] } });
    expect(JSON.stringify(origin.DomainName)).toMatch(/"Ref":"Api[^"]*"\},"\.execute-api\.eu-west-1\./);
  });

  test('covers every route of the example but its start page', () => {
    const covers = (path: string) => SITE_PATHS.some((pattern) => new RegExp(`^${pattern.replace('*', '.*')}$`).test(path));
    expect(Object.keys(ROUTES).filter((path) => !covers(path))).toEqual(['/']);
  });

  test('leaves refusals as they are', () => {
    expect(distribution().CustomErrorResponses).toBeUndefined();
    expect(distribution().DefaultRootObject).toBeUndefined();
  });

  test('speaks HTTP/3, and logs requests without their cookies', () => {
    expect(distribution()).toMatchObject({ HttpVersion: 'http2and3', Logging: { IncludeCookies: false } });
  });

  test('tells browsers what pages may do', () => {
    const policies = properties('AWS::CloudFront::ResponseHeadersPolicy').map((policy) => policy.ResponseHeadersPolicyConfig);
    expect(policies).toHaveLength(3);
    for (const { SecurityHeadersConfig: security } of policies) {
      expect(security).toMatchObject({
        ContentTypeOptions: { Override: true },
        FrameOptions: { FrameOption: 'DENY' },
        ReferrerPolicy: { ReferrerPolicy: 'strict-origin-when-cross-origin' },
        StrictTransportSecurity: { AccessControlMaxAgeSec: 63_072_000 },
      });
    }
    const [pages] = policies.filter((policy) => /Pages/.test(policy.Name));
    const directives = pages.SecurityHeadersConfig.ContentSecurityPolicy.ContentSecurityPolicy.split('; ');
    expect(directives).toEqual(expect.arrayContaining(["default-src 'none'", "script-src 'self'", "connect-src 'self'", "frame-ancestors 'none'", "base-uri 'none'"]));
    expect(pages.SecurityHeadersConfig.ContentSecurityPolicy.ContentSecurityPolicy).not.toContain('unsafe');
    expect(pages.CustomHeadersConfig.Items).toEqual(expect.arrayContaining([
      { Header: 'Cache-Control', Override: true, Value: 'private, no-cache' },
      expect.objectContaining({ Header: 'Permissions-Policy' }),
    ]));
  });

  test('has the very function that is tested, and a store for its keys', () => {
    template.hasResourceProperties('AWS::CloudFront::Function', {
      AutoPublish: true,
      FunctionCode: projectFile('infra/edge/pages.js'),
      FunctionConfig: {
        KeyValueStoreAssociations: [{ KeyValueStoreARN: { 'Fn::GetAtt': [Match.stringLikeRegexp('^SitePagesStore'), 'Arn'] } }],
        Runtime: 'cloudfront-js-2.0',
      },
    });
  });

  const alone = (props: Partial<GatepostSiteProps> = {}) => {
    const made = world();
    made.api.root.addMethod('GET', new rest.MockIntegration());
    const domain = { names: ['www.example'] as const, certificate: acm.Certificate.fromCertificateArn(made.stack, 'Certificate', 'arn:aws:acm:us-east-1:111122223333:certificate/c') };
    const site = new GatepostSite(made.stack, 'Site', { api: made.api, apiPaths: ['/orders'], stageName: 'prod', domain, ...props });
    return { ...made, site };
  };

  test('may have names of its own, and then allows TLS 1.2 and newer only', () => {
    const { site, template: made } = alone();
    expect(site.origin).toBe('https://www.example');
    expect(distribution(made())).toMatchObject({ Aliases: ['www.example'], ViewerCertificate: { MinimumProtocolVersion: 'TLSv1.2_2021', SslSupportMethod: 'sni-only' } });
  });

  test.each<[Partial<GatepostSiteProps>, RegExp]>([
    [{ publicPages: Array.from({ length: 100 }, (_, i) => `/public-${i}/*`) }, /bytes with the rest of `config`; CloudFront keeps 1024/],
    [{ publicPages: ['assets/*'] }, /`assets\/\*` is no path of a page/],
    [{ home: 'https://other.example/' }, /is no path of a page/],
  ])('%o is refused', (props, message) => {
    expect(() => alone(props)).toThrow(message);
  });
});

describe('sign-in at the site', () => {
  test('is known to the user pool', () => {
    const [client] = properties('AWS::Cognito::UserPoolClient');
    const site = (path: string) => ({ 'Fn::Join': ['', ['https://', { 'Fn::GetAtt': [expect.stringMatching(/^SiteDistribution/), 'DomainName'] }, path]] });
    expect(client.CallbackURLs).toEqual([site('/auth/callback'), 'http://localhost:5173/']);
    expect(client.LogoutURLs).toEqual([site('/signed-out'), 'http://localhost:5173/']);
  });

  test('makes the API take cookies, and keep answers by the cookie and the header against forged requests', () => {
    template.hasResourceProperties('AWS::ApiGateway::Authorizer', {
      AuthorizerResultTtlInSeconds: 300,
      IdentitySource: 'method.request.header.Cookie, method.request.header.X-CSRF-Token',
    });
    expect(functionOf(/^GatepostFunction/).Environment.Variables).toMatchObject({
      GATEPOST_CSRF_HEADER: 'X-CSRF-Token', GATEPOST_TOKEN_SOURCES: 'cookie:__Host-gatepost',
    });
  });
});

describe('the session function', () => {
  const made = (props: Partial<GatepostSessionProps> = {}) => {
    const { api, stack, template: synthesize } = world();
    const policies = dynamodb.Table.fromTableName(stack, 'Policies', 'policies');
    new GatepostSession(stack, 'Session', {
      api, code: ZIP, origin: 'https://www.example', policies, issuer: { issuer: 'https://id.example', clientId: 'client-1' }, ...props,
    });
    return synthesize();
  };
  const variablesOf = (made: Template) => functionOf(/^Session/, made).Environment.Variables;

  test('answers below /auth, where no authorizer is asked', () => {
    const resources = template.findResources('AWS::ApiGateway::Resource');
    const [auth] = Object.keys(resources).filter((id) => resources[id]!.Properties.PathPart === 'auth');
    const methods = properties('AWS::ApiGateway::Method').flatMap((method) => {
      const resource = resources[method.ResourceId.Ref]?.Properties;
      if (resource?.ParentId.Ref !== auth) return [];
      expect(method).toMatchObject({ AuthorizationType: 'NONE', Integration: { Type: 'AWS_PROXY' } });
      return [`${method.HttpMethod} ${resource.PathPart}`];
    });
    expect(methods.sort()).toEqual(Object.entries(SESSION_ROUTES).flatMap(([name, verbs]) => verbs.map((verb) => `${verb} ${name}`)).sort());
  });

  test('has its settings, and its keys from a secret that is in no template', () => {
    expect(variablesOf(template)).toEqual({
      GATEPOST_PAGE_PASS_SECONDS: '300',
      GATEPOST_POLICY_TABLE: { Ref: expect.stringMatching(/^Policies/) },
      GATEPOST_SESSION_ISSUER: expect.anything(),
      GATEPOST_SESSION_KEYS: { 'Fn::Join': ['', ['{{resolve:secretsmanager:', { Ref: expect.stringMatching(/^SessionKeys/) }, ':SecretString:::}}']] },
      GATEPOST_SESSION_MODE: 'token',
      GATEPOST_SESSION_ORIGIN: expect.anything(),
    });
    template.hasResourceProperties('AWS::SecretsManager::Secret', { SecretString: '[]' });
  });

  test('is told where people sign in, as which client', () => {
    expect(JSON.parse(variablesOf(made({
      issuer: { issuer: 'https://id.example', clientId: 'client-1', clientSecret: SecretValue.secretsManager('theirs'), scopes: ['openid', 'profile'] },
    })).GATEPOST_SESSION_ISSUER)).toEqual({
      issuer: 'https://id.example', client_id: 'client-1', client_secret: '{{resolve:secretsmanager:theirs:SecretString:::}}', scopes: ['openid', 'profile'],
    });
  });

  test('may read policies and write its log, and no more', () => {
    const [policy] = properties('AWS::IAM::Policy', made());
    expect(policy.PolicyDocument.Statement.map((statement: any) => statement.Action)).toEqual([
      'dynamodb:BatchGetItem', ['logs:CreateLogStream', 'logs:PutLogEvents'], ['xray:PutTelemetryRecords', 'xray:PutTraceSegments'],
    ]);
  });

  test('keeps sessions in a table of its own in the mode `opaque`, where they end by themselves', () => {
    const opaque = made({ mode: 'opaque', lifetime: Duration.hours(8), subjects: ['group', 'user'], pagePass: Duration.minutes(10) });
    opaque.hasResourceProperties('AWS::DynamoDB::GlobalTable', {
      KeySchema: [{ AttributeName: 'session', KeyType: 'HASH' }],
      TimeToLiveSpecification: { AttributeName: 'expires_at', Enabled: true },
    });
    const [tableId] = Object.keys(opaque.findResources('AWS::DynamoDB::GlobalTable'));
    expect(variablesOf(opaque)).toMatchObject({
      GATEPOST_PAGE_PASS_SECONDS: '600', GATEPOST_SESSION_MODE: 'opaque', GATEPOST_SESSION_SECONDS: '28800', GATEPOST_SESSION_TABLE: { Ref: tableId },
      GATEPOST_SUBJECTS: 'group,user',
    });
    const [policy] = properties('AWS::IAM::Policy', opaque);
    expect(policy.PolicyDocument.Statement).toContainEqual({
      Action: ['dynamodb:DeleteItem', 'dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem'],
      Effect: 'Allow',
      Resource: { 'Fn::GetAtt': [tableId, 'Arn'] },
    });
  });

  test('is of one mode with the authorizer, which reads the table of its sessions and no more of it', () => {
    const opaque = appTemplate({ web: true, sessionZip: ZIP, sessionMode: 'opaque' });
    const [tableId] = Object.entries(opaque.findResources('AWS::DynamoDB::GlobalTable'))
      .flatMap(([id, { Properties }]) => (Properties.KeySchema[0].AttributeName === 'session' ? [id] : []));
    expect(variablesOf(opaque)).toMatchObject({ GATEPOST_SESSION_MODE: 'opaque', GATEPOST_SESSION_TABLE: { Ref: tableId } });
    expect(functionOf(/^Gatepost/, opaque).Environment.Variables).toMatchObject({
      GATEPOST_CSRF_HEADER: 'X-CSRF-Token', GATEPOST_SESSION_TABLE: { Ref: tableId }, GATEPOST_TOKEN_SOURCES: 'session:__Host-gatepost',
    });
    const onSessions = properties('AWS::IAM::Policy', opaque).flatMap((policy) => policy.PolicyDocument.Statement)
      .filter((statement: any) => statement.Resource['Fn::GetAtt']?.[0] === tableId);
    expect(onSessions.map((statement: any) => statement.Action)).toEqual(expect.arrayContaining(['dynamodb:GetItem']));
    expect(onSessions).toHaveLength(2);
  });

  test.each<[Partial<GatepostSessionProps>, RegExp]>([
    [{ pagePass: Duration.hours(2) }, /`pagePass` is 7200 s, but must be from 60 to 3600 s/],
    [{ lifetime: Duration.hours(8) }, /`lifetime` is about sessions in a table: it needs `mode: 'opaque'`/],
    [{ mode: 'opaque', lifetime: Duration.seconds(299) }, /`lifetime` is 299 s, but must be from 300 to 31536000 s/],
    [{ origin: 'http://www.example' }, /`origin` is `http:\/\/www.example`, but must be https:/],
    [{ origin: 'https://www.example/' }, /without a slash at the end/],
    [{ code: '/nowhere/session.zip' }, /no function package at \/nowhere\/session.zip.*-c gatepost:sessionZip=FILE/],
  ])('%o is refused', (props, message) => {
    expect(() => made(props)).toThrow(message);
  });
});
