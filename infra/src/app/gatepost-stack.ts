import {
  Aws, aws_apigateway as rest, type aws_dynamodb as dynamodb, type aws_lambda as lambda, aws_sns as sns, CfnOutput, Duration, RemovalPolicy,
  Stack, type StackProps, Validations,
} from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { GatepostAuthorizer } from '../authorizer.js';
import { CorsGatewayResponses } from '../gateway-responses.js';
import { PolicyEditors, PolicyTable } from '../policy-table.js';
import { SignIn } from '../sign-in.js';
import { GatepostSession } from '../site/session.js';
import { GatepostSite } from '../site/site.js';
import { AccessLog } from './access-log.js';
import type { AppOptions } from './options.js';
import { addRoutes, SITE_PATHS } from './routes.js';
import { WebAcl } from './web-acl.js';

export interface GatepostStackProps extends StackProps {
  readonly options: AppOptions;

  /** The function's package, where it is not a file. @default - `options.zip` */
  readonly code?: lambda.Code;
}

const STAGE = 'prod';

/** The movies and shows example, whole: sign-in, policies, Gatepost, and an API behind it. */
export class GatepostStack extends Stack {
  constructor(scope: Construct, id: string, props: GatepostStackProps) {
    // CloudFormation hands the tags of a stack on to its resources.
    super(scope, id, { tags: { application: 'gatepost' }, ...props });
    const { options } = props;
    const removalPolicy = options.keepData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY;

    const api = this.api(options, removalPolicy);
    const site = options.web
      ? new GatepostSite(this, 'Site', { api, apiPaths: SITE_PATHS, stageName: STAGE, logRetention: Duration.days(options.logRetention), removalPolicy })
      : undefined;
    const signIn = new SignIn(this, 'SignIn', {
      groups: ['movies-group', 'shows-group', 'admin-group'],
      callbackUrls: site ? [`${site.origin}/auth/callback`, ...options.callbackUrls] : options.callbackUrls,
      ...(site && { logoutUrls: [`${site.origin}/signed-out`, ...options.callbackUrls] }),
      domainPrefix: options.domainPrefix ?? `gatepost-${Aws.ACCOUNT_ID}`,
      mfa: options.mfa,
      removalPolicy,
    });
    const { table } = new PolicyTable(this, 'Policies', { replicaRegions: options.replicaRegions, removalPolicy });
    const editors = new PolicyEditors(this, 'PolicyEditors', table);

    const session = site && this.session(site, api, signIn, table, options, removalPolicy);
    const code = props.code ?? options.zip;
    const gatepost = new GatepostAuthorizer(this, 'Gatepost', {
      frontDoor: {
        kind: 'rest',
        api,
        answers: { scope: 'api', resultTtl: Duration.seconds(options.resultTtlSeconds) },
        ...(session && { tokenSources: [session.sessions ? 'session:__Host-gatepost' : 'cookie:__Host-gatepost'] }),
        usageIdentifierKey: options.usagePlan,
      },
      issuers: [signIn.issuer],
      settings: { policyTtl: Duration.seconds(options.policyTtlSeconds), revocation: options.revocation },
      table,
      ...(session?.sessions && { sessions: session.sessions }),
      machine: options.machine,
      ...(code !== undefined && { code }),
      logRetention: options.logRetention,
      ...(options.alarmTopicArn !== undefined && {
        alarmTopic: sns.Topic.fromTopicArn(this, 'AlarmTopic', options.alarmTopicArn),
      }),
      removalPolicy,
    });

    addRoutes(api, { authorizer: gatepost.rest, apiKeyRequired: options.usagePlan, corsOrigin: options.corsOrigin });
    new CorsGatewayResponses(this, 'Refusals', { api, origin: options.corsOrigin });
    if (options.usagePlan) this.usagePlan(api, options);
    if (options.waf) {
      new WebAcl(this, 'WebAcl', api.deploymentStage);
    } else {
      Validations.of(api).acknowledge({ id: 'AwsSolutions-APIG3', reason: 'A web ACL is a choice, for its price: gatepost:waf=true' });
    }

    this.output('ApiUrl', api.url);
    this.output('PolicyTable', table.tableName);
    this.output('PolicyEditorsPolicy', editors.policy.managedPolicyArn);
    this.output('SignInUrl', signIn.domain.baseUrl());
    this.output('UserPoolId', signIn.pool.userPoolId);
    this.output('ClientId', signIn.client.userPoolClientId);
    this.output('FunctionName', gatepost.function.functionName);
  }

  private api(options: AppOptions, removalPolicy: RemovalPolicy): rest.RestApi {
    const accessLog = new AccessLog(this, 'AccessLog', { removalPolicy, retention: options.logRetention });
    const api = new rest.RestApi(this, 'Api', {
      restApiName: 'movies-and-shows',
      description: 'Movies and shows, guarded by Gatepost',
      apiKeySourceType: options.usagePlan ? rest.ApiKeySourceType.AUTHORIZER : rest.ApiKeySourceType.HEADER,
      cloudWatchRole: options.apiGatewayLogRole,
      deployOptions: {
        stageName: STAGE,
        accessLogDestination: accessLog.destination,
        accessLogFormat: accessLog.format,
        // Errors only: INFO would log headers, and tokens with them.
        loggingLevel: rest.MethodLoggingLevel.ERROR,
        dataTraceEnabled: false,
        metricsEnabled: true,
        throttlingBurstLimit: options.throttle,
        throttlingRateLimit: options.throttle,
        tracingEnabled: true,
      },
      endpointTypes: [rest.EndpointType.REGIONAL],
    });
    Validations.of(api).acknowledge(
      { id: 'AwsSolutions-APIG2', reason: 'The mocks read neither bodies nor parameters' },
      {
        id: 'AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs]',
        reason: 'The role by which API Gateway writes all logs of an account, for which AWS keeps this policy',
      },
    );
    return api;
  }

  /** People sign in at the site itself, and no script gets to see their tokens. */
  private session(
    site: GatepostSite, api: rest.RestApi, signIn: SignIn, policies: dynamodb.ITable, options: AppOptions, removalPolicy: RemovalPolicy.RETAIN | RemovalPolicy.DESTROY,
  ): GatepostSession {
    const session = new GatepostSession(this, 'Session', {
      api,
      issuer: { issuer: signIn.issuer.issuer, clientId: signIn.client.userPoolClientId },
      logRetention: options.logRetention,
      machine: options.machine,
      mode: options.sessionMode,
      origin: site.origin,
      policies,
      removalPolicy,
      ...(options.sessionZip !== undefined && { code: options.sessionZip }),
    });
    this.output('SiteUrl', `${site.origin}/`);
    this.output('SiteBucket', site.bucket.bucketName);
    this.output('DistributionId', site.distribution.distributionId);
    this.output('PageKeyStore', site.pages.store.keyValueStoreArn);
    this.output('SessionFunction', session.function.functionName);
    this.output('SessionKeys', session.keys.secretArn);
    return session;
  }

  /** A plan for callers whose row names an API key; further plans and keys are made like it. */
  private usagePlan(api: rest.RestApi, options: AppOptions): void {
    const plan = api.addUsagePlan('Plan', {
      name: 'gatepost-standard',
      throttle: { rateLimit: options.throttle / 10, burstLimit: options.throttle },
    });
    plan.addApiStage({ stage: api.deploymentStage });
    plan.addApiKey(api.addApiKey('Key', { description: 'For rows with this key in usage_identifier_key' }));
  }

  private output(name: string, value: string): void {
    new CfnOutput(this, name, { value }).overrideLogicalId(name);
  }
}
