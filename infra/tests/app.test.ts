import { Match, type Template } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { appTemplate, environmentOf, projectFile } from './support.js';

let template: Template;
beforeAll(() => {
  template = appTemplate();
});

const properties = (type: string) => Object.values(template.findResources(type)).map((resource) => resource.Properties);

describe('the authorizer', () => {
  test('keeps answers by the header in which the function looks for tokens', () => {
    template.hasResourceProperties('AWS::ApiGateway::Authorizer', {
      Type: 'REQUEST',
      IdentitySource: 'method.request.header.Authorization',
      AuthorizerResultTtlInSeconds: 300,
    });
    expect(environmentOf(template)).toMatchObject({
      GATEPOST_RESPONSE: 'policy',
      GATEPOST_SCOPE: 'api',
      GATEPOST_TOKEN_SOURCES: 'header:Authorization',
    });
  });

  test('calls the alias, and is the only one that may', () => {
    const [authorizerId] = Object.keys(template.findResources('AWS::ApiGateway::Authorizer'));
    const [apiId] = Object.keys(template.findResources('AWS::ApiGateway::RestApi'));
    const [aliasId] = Object.keys(template.findResources('AWS::Lambda::Alias'));
    const permissions = properties('AWS::Lambda::Permission');
    expect(permissions).toHaveLength(1);
    expect(permissions[0]).toEqual({
      Action: 'lambda:InvokeFunction',
      FunctionName: { Ref: aliasId },
      Principal: 'apigateway.amazonaws.com',
      SourceArn: {
        'Fn::Join': ['', ['arn:aws:execute-api:eu-west-1:111122223333:', { Ref: apiId }, '/authorizers/', { Ref: authorizerId }]],
      },
    });
    expect(JSON.stringify(properties('AWS::ApiGateway::Authorizer')[0].AuthorizerUri)).toContain(aliasId);
  });

  test('is deployed again when its settings change', () => {
    const deployment = (made: Template) => Object.keys(made.findResources('AWS::ApiGateway::Deployment'));
    expect(deployment(appTemplate({ resultTtlSeconds: 60 }))).not.toEqual(deployment(template));
    expect(deployment(appTemplate())).toEqual(deployment(template));
  });
});

describe('the API', () => {
  test('has the methods of policies/routes/openapi.yaml, guarded and open alike', () => {
    const { paths } = parse(projectFile('policies/routes/openapi.yaml'));
    const wanted = Object.entries<any>(paths).flatMap(([path, item]) =>
      Object.entries<any>(item).flatMap(([name, operation]) => {
        if (name === 'parameters') return [];
        const verb = name === 'x-amazon-apigateway-any-method' ? 'ANY' : name.toUpperCase();
        return [`${verb} ${path} ${operation.security.length > 0 ? 'CUSTOM' : 'NONE'}`];
      }),
    );
    expect(methods().sort()).toEqual(wanted.sort());
  });

  test('tells pages of other origins why they were refused', () => {
    const responses = properties('AWS::ApiGateway::GatewayResponse');
    expect(responses.map((response) => response.ResponseType).sort())
      .toEqual(['ACCESS_DENIED', 'DEFAULT_4XX', 'DEFAULT_5XX', 'UNAUTHORIZED']);
    for (const response of responses) {
      expect(response.ResponseParameters).toMatchObject({ 'gatewayresponse.header.Access-Control-Allow-Origin': "'*'" });
      // Nothing else may stand in for the message: it has its own quotes.
      expect(response.ResponseTemplates['application/json'])
        .toBe('{"message":$context.error.messageString,"request_id":"$context.requestId"}');
    }
  });

  test('logs each request with its decision, and nothing that could be a token or a name', () => {
    const [stage] = properties('AWS::ApiGateway::Stage');
    const fields = Object.values<string>(JSON.parse(stage.AccessLogSetting.Format));
    expect(fields).toEqual(expect.arrayContaining([
      '$context.requestId', '$context.authorizer.policy_digest', '$context.authorizer.error', '$context.status',
    ]));
    for (const field of fields) {
      expect(field).not.toMatch(/principalId|claims|\.path$|sub$|username|header|querystring/);
    }
    expect(stage.TracingEnabled).toBe(true);
    expect(stage.MethodSettings).toEqual([expect.objectContaining({
      DataTraceEnabled: false, HttpMethod: '*', LoggingLevel: 'ERROR', ResourcePath: '/*', ThrottlingBurstLimit: 100, ThrottlingRateLimit: 100,
    })]);
  });
});

describe('sign-in', () => {
  test('is by authorization code for a client without a secret; refresh tokens are rotated and revocable', () => {
    template.hasResourceProperties('AWS::Cognito::UserPoolClient', {
      AllowedOAuthFlows: ['code'],
      AllowedOAuthScopes: ['openid', 'email'],
      EnableTokenRevocation: true,
      ExplicitAuthFlows: ['ALLOW_USER_SRP_AUTH'],
      GenerateSecret: false,
      PreventUserExistenceErrors: 'ENABLED',
      RefreshTokenRotation: { Feature: 'ENABLED', RetryGracePeriodSeconds: 30 },
    });
  });

  test('has the groups that the policies are for', () => {
    const groups = properties('AWS::Cognito::UserPoolGroup').map((group) => group.GroupName);
    expect(groups.sort()).toEqual(['admin-group', 'movies-group', 'shows-group']);
  });

  test('can be left to administrators only', () => {
    template.hasResourceProperties('AWS::Cognito::UserPool', {
      AdminCreateUserConfig: { AllowAdminCreateUserOnly: true },
      MfaConfiguration: 'OPTIONAL',
      EnabledMfas: ['SOFTWARE_TOKEN_MFA'],
    });
  });
});

describe('the policy table', () => {
  test('has the layout that the store reads', () => {
    template.hasResourceProperties('AWS::DynamoDB::GlobalTable', {
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [{ AttributeName: 'subject', KeyType: 'HASH' }, { AttributeName: 'revision', KeyType: 'RANGE' }],
      AttributeDefinitions: [{ AttributeName: 'subject', AttributeType: 'S' }, { AttributeName: 'revision', AttributeType: 'N' }],
      TimeToLiveSpecification: { AttributeName: 'expires_at', Enabled: true },
      Replicas: [{
        DeletionProtectionEnabled: true,
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        Region: 'eu-west-1',
      }],
    });
  });

  test('can have replicas, which the function may not read', () => {
    const replicated = appTemplate({ replicaRegions: 'eu-central-1, us-east-1' });
    const [table] = Object.values(replicated.findResources('AWS::DynamoDB::GlobalTable'));
    expect(table?.Properties.Replicas.map((replica: { Region: string }) => replica.Region))
      .toEqual(['eu-central-1', 'us-east-1', 'eu-west-1']);
    expect(JSON.stringify(replicated.findResources('AWS::IAM::Policy'))).not.toMatch(/eu-central-1|us-east-1/);
  });
});

describe('permissions', () => {
  test('let the function read rows of its table, write its log and send traces, and no more', () => {
    const [policy, ...others] = properties('AWS::IAM::Policy');
    expect(others).toEqual([]);
    const [tableId] = Object.keys(template.findResources('AWS::DynamoDB::GlobalTable'));
    const statements = policy.PolicyDocument.Statement;
    expect(statements).toHaveLength(3);
    expect(statements).toEqual(expect.arrayContaining([
      { Action: 'dynamodb:BatchGetItem', Effect: 'Allow', Resource: { 'Fn::GetAtt': [tableId, 'Arn'] } },
      {
        Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        Effect: 'Allow',
        Resource: { 'Fn::GetAtt': [expect.stringMatching(/^GatepostFunctionLogs/), 'Arn'] },
      },
      { Action: ['xray:PutTelemetryRecords', 'xray:PutTraceSegments'], Effect: 'Allow', Resource: '*' },
    ]));
    const role = Object.values(template.findResources('AWS::IAM::Role', {
      Properties: { AssumeRolePolicyDocument: { Statement: [{ Principal: { Service: 'lambda.amazonaws.com' } }] } },
    }));
    expect(role).toHaveLength(1);
    expect(role[0]?.Properties.ManagedPolicyArns).toBeUndefined();
  });

  test('let editors keep policies in the one table, and no more', () => {
    const [editors, ...others] = properties('AWS::IAM::ManagedPolicy');
    expect(others).toEqual([]);
    const [tableId] = Object.keys(template.findResources('AWS::DynamoDB::GlobalTable'));
    expect(editors.PolicyDocument.Statement).toEqual([{
      Action: [
        'dynamodb:BatchGetItem', 'dynamodb:ConditionCheckItem', 'dynamodb:DeleteItem', 'dynamodb:GetItem',
        'dynamodb:PutItem', 'dynamodb:Query', 'dynamodb:Scan', 'dynamodb:UpdateItem',
      ],
      Effect: 'Allow',
      Resource: { 'Fn::GetAtt': [tableId, 'Arn'] },
    }]);
  });

  test('have no star but that of X-Ray', () => {
    const stars = [...properties('AWS::IAM::Policy'), ...properties('AWS::IAM::ManagedPolicy'), ...properties('AWS::IAM::Role')]
      .flatMap((entity) => entity.PolicyDocument?.Statement ?? [])
      .filter((statement) => /"[^"]*\*[^"]*"/.test(JSON.stringify([statement.Action, statement.Resource])));
    expect(stars.map((statement) => statement.Action)).toEqual([['xray:PutTelemetryRecords', 'xray:PutTraceSegments']]);
  });
});

describe('the function', () => {
  test('runs on arm64 with time left after its deadline, and logs JSON that is deleted in the end', () => {
    template.hasResourceProperties('AWS::Lambda::Function', {
      Architectures: ['arm64'],
      LoggingConfig: { LogFormat: 'JSON', LogGroup: { Ref: Match.stringLikeRegexp('^GatepostFunctionLogs') } },
      MemorySize: 256,
      Runtime: 'provided.al2023',
      Timeout: 5,
      TracingConfig: { Mode: 'Active' },
    });
    expect(properties('AWS::Logs::LogGroup').map((group) => group.RetentionInDays)).toEqual([90, 90]);
  });

  test('runs on x86_64 by an option', () => {
    appTemplate({ machine: 'x86_64' }).hasResourceProperties('AWS::Lambda::Function', { Architectures: ['x86_64'] });
  });

  test('is told what it was made for, and nothing it does not know', () => {
    expect(Object.keys(environmentOf(template)).sort()).toEqual([
      'GATEPOST_ISSUERS', 'GATEPOST_POLICY_TABLE', 'GATEPOST_POLICY_TTL_SECONDS', 'GATEPOST_RESPONSE', 'GATEPOST_REVOCATION', 'GATEPOST_SCOPE', 'GATEPOST_TOKEN_SOURCES',
    ]);
  });

  test('looks for revocations and reads documents anew by options', () => {
    expect(environmentOf(template)).toMatchObject({ GATEPOST_REVOCATION: 'off', GATEPOST_POLICY_TTL_SECONDS: '30' });
    const current = environmentOf(appTemplate({ revocation: 'true', policyTtlSeconds: '0' }));
    expect(current).toMatchObject({ GATEPOST_REVOCATION: 'on', GATEPOST_POLICY_TTL_SECONDS: '0' });
  });
});

test('versions of the function stay, so that the alias can go back to one', () => {
  const [version] = Object.values(template.findResources('AWS::Lambda::Version'));
  expect(version?.DeletionPolicy).toBe('Retain');
});

describe('what outlives the stack', () => {
  const policies = (made: Template) => Object.fromEntries(
    ['AWS::DynamoDB::GlobalTable', 'AWS::Cognito::UserPool', 'AWS::Logs::LogGroup']
      .map((type) => [type, Object.values(made.findResources(type)).map((resource) => resource.DeletionPolicy)]),
  );

  test('is what people have put into it, which is protected as well', () => {
    expect(policies(template)).toEqual({
      'AWS::DynamoDB::GlobalTable': ['Retain'], 'AWS::Cognito::UserPool': ['Retain'], 'AWS::Logs::LogGroup': ['Retain', 'Retain'],
    });
    template.hasResourceProperties('AWS::Cognito::UserPool', { DeletionProtection: 'ACTIVE' });
  });

  test('is nothing when the app is told so', () => {
    const thrownAway = appTemplate({ keepData: 'false' });
    expect(policies(thrownAway)).toEqual({
      'AWS::DynamoDB::GlobalTable': ['Delete'], 'AWS::Cognito::UserPool': ['Delete'], 'AWS::Logs::LogGroup': ['Delete', 'Delete'],
    });
    thrownAway.hasResourceProperties('AWS::Cognito::UserPool', { DeletionProtection: 'INACTIVE' });
    thrownAway.hasResourceProperties('AWS::DynamoDB::GlobalTable', { Replicas: [{ DeletionProtectionEnabled: false }] });
  });
});

describe('by choice', () => {
  test('a web ACL stands in front of the stage', () => {
    const guarded = appTemplate({ waf: true });
    guarded.resourceCountIs('AWS::WAFv2::WebACL', 1);
    guarded.resourceCountIs('AWS::WAFv2::WebACLAssociation', 1);
    template.resourceCountIs('AWS::WAFv2::WebACL', 0);
  });

  test('usage plans count by the key in the row of the caller', () => {
    const counted = appTemplate({ usagePlan: true });
    counted.hasResourceProperties('AWS::ApiGateway::RestApi', { ApiKeySourceType: 'AUTHORIZER' });
    expect(environmentOf(counted)).toMatchObject({ GATEPOST_USAGE_IDENTIFIER_KEY: 'on' });
    const keyed = Object.values(counted.findResources('AWS::ApiGateway::Method', { Properties: { ApiKeyRequired: true } }));
    expect(keyed.map((method) => method.Properties.AuthorizationType)).toEqual(Array(13).fill('CUSTOM'));
    counted.resourceCountIs('AWS::ApiGateway::UsagePlanKey', 1);
  });

  test('alarms are told to a topic', () => {
    const arn = 'arn:aws:sns:eu-west-1:111122223333:on-call';
    const alarms = Object.values(appTemplate({ alarmTopicArn: arn }).findResources('AWS::CloudWatch::Alarm'));
    for (const alarm of alarms) expect(alarm.Properties).toMatchObject({ AlarmActions: [arn], OKActions: [arn] });
  });

  test('the role for logs of the account stays as it is', () => {
    appTemplate({ apiGatewayLogRole: false }).resourceCountIs('AWS::ApiGateway::Account', 0);
  });
});

/** `VERB /path AUTHORIZATION` of each method. */
function methods(): string[] {
  const resources = template.findResources('AWS::ApiGateway::Resource');
  const pathOf = (id: any): string => {
    const { ParentId, PathPart } = resources[id.Ref]?.Properties ?? {};
    return PathPart === undefined ? '' : `${pathOf(ParentId)}/${PathPart}`;
  };
  return properties('AWS::ApiGateway::Method')
    .map((method) => `${method.HttpMethod} ${pathOf(method.ResourceId) || '/'} ${method.AuthorizationType}`);
}
