import {
  aws_apigateway as rest, aws_dynamodb as dynamodb, aws_iam as iam, aws_lambda as lambda, aws_logs as logs, aws_secretsmanager as secrets, Duration,
  RemovalPolicy, type SecretValue, SecretValue as Secrets, Stack, Validations,
} from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { architectureOf, functionCode, type Machine } from '../function-package.js';

/** At whom users sign in, and as which of its clients. */
export interface SessionIssuer {
  /** The `iss` of its tokens, below which its `/.well-known/openid-configuration` is. */
  readonly issuer: string;
  /** The client as which users sign in. */
  readonly clientId: string;
  /** What the client proves itself by. @default - none; the code is protected by PKCE alone */
  readonly clientSecret?: SecretValue;
  /** What is asked for at sign-in; `openid` must be among it. @default ['openid'] */
  readonly scopes?: readonly [string, ...string[]];
}

export interface GatepostSessionProps {
  /** The API that the routes below `/auth` are put into, without an authorizer. */
  readonly api: rest.RestApi;

  /** Where users sign in. The provider must know `{origin}/auth/callback`. */
  readonly issuer: SessionIssuer;

  /**
   * What the cookie holds: the access token, or the id of a session, which a table then has (`sessions`,
   * for the authorizer). Tokens outgrow cookies (4,096 bytes) with some hundred groups; ids do not, and end
   * with their row. docs/session.md compares the two.
   *
   * @default 'token'
   */
  readonly mode?: 'opaque' | 'token';

  /**
   * How long a session lasts from signing in, whatever is renewed in between: 300 s to a year. In the mode
   * `opaque` only.
   *
   * @default Duration.days(1)
   */
  readonly lifetime?: Duration;

  /** The one origin of pages and API, without a slash at the end: `GatepostSite.origin`. */
  readonly origin: string;

  /**
   * How long a page pass holds, and so how long a page can still be seen after a right was taken: 60 to
   * 3,600 s.
   *
   * @default Duration.seconds(300)
   */
  readonly pagePass?: Duration;

  /** The table of policies, in which the pages' rights are too. */
  readonly policies: dynamodb.ITable;

  /** Whose documents count for pages; let it be the same as for the authorizer. @default ['group'] */
  readonly subjects?: readonly ('client' | 'group' | 'scope' | 'user')[];

  /** What the function is compiled for. @default 'arm64' */
  readonly machine?: Machine;

  /** The function's package: the path of a zip file, or code that is somewhere already.
   * @default - as for the authorizer, with the name `gatepost-session-{machine}.zip` */
  readonly code?: string | lambda.Code;

  /** How long the function's log is kept. @default RetentionDays.THREE_MONTHS */
  readonly logRetention?: logs.RetentionDays;

  /** What becomes of sessions, keys and log when they leave the stack. @default RemovalPolicy.RETAIN */
  readonly removalPolicy?: RemovalPolicy.RETAIN | RemovalPolicy.DESTROY;
}

/** The routes below `/auth`. docs/browser.md says what they answer. */
export const SESSION_ROUTES: Record<string, readonly string[]> = {
  login: ['GET'], callback: ['GET'], refresh: ['POST'], me: ['GET'], logout: ['GET', 'POST'],
};

const PAGE_PASS_SECONDS = { initial: 300, least: 60, most: 3_600 };
const LIFETIME_SECONDS = { least: 300, most: 31_536_000 };

/**
 * The session function: lets people sign in, and keeps their tokens where no script can read them.
 *
 * It has no keys at first, and refuses to work until `scripts/rotate-session-keys` has made one. The
 * script changes them without a deployment, so that API Gateway calls the function and not a version.
 */
export class GatepostSession extends Construct {
  /** What answers below `/auth`. */
  readonly function: lambda.Function;
  /** A JSON array of `{"id", "key"}`, the current one first. */
  readonly keys: secrets.Secret;
  /** Where the function writes its log. */
  readonly logGroup: logs.LogGroup;
  /** The table of sessions, for the authorizer's `sessions`. In the mode `opaque`. */
  readonly sessions?: dynamodb.TableV2;

  /** @throws If a setting is out of its range. */
  constructor(scope: Construct, id: string, props: GatepostSessionProps) {
    super(scope, id);
    const machine = props.machine ?? 'arm64';
    const removalPolicy = props.removalPolicy ?? RemovalPolicy.RETAIN;
    const mode = props.mode ?? 'token';
    this.keys = this.secret(removalPolicy);
    if (mode === 'opaque') this.sessions = this.table(removalPolicy);
    this.logGroup = new logs.LogGroup(this, 'Logs', { retention: props.logRetention ?? logs.RetentionDays.THREE_MONTHS, removalPolicy });
    this.function = new lambda.Function(this, 'Function', {
      description: 'Gatepost: signs people in, and keeps their sessions',
      runtime: lambda.Runtime.PROVIDED_AL2023,
      handler: 'bootstrap',
      architecture: architectureOf(machine),
      code: functionCode(props.code, 'gatepost-session', machine),
      environment: this.environment(props, mode),
      memorySize: 256,
      // Two requests to the provider, one after the other, and the table.
      timeout: Duration.seconds(15),
      role: this.role(props.policies),
      logGroup: this.logGroup,
      loggingFormat: lambda.LoggingFormat.JSON,
      applicationLogLevelV2: lambda.ApplicationLogLevel.INFO,
      systemLogLevelV2: lambda.SystemLogLevel.WARN,
      tracing: lambda.Tracing.ACTIVE,
      recursiveLoop: lambda.RecursiveLoop.TERMINATE,
    });
    Validations.of(this.function).acknowledge({
      id: 'Serverless-LambdaDLQ',
      reason: 'API Gateway calls the function synchronously; a dead-letter queue is for asynchronous calls',
    });
    this.routes(props.api);
  }

  private environment(props: GatepostSessionProps, mode: 'opaque' | 'token'): Record<string, string> {
    const { issuer, clientId, clientSecret, scopes } = props.issuer;
    const passSeconds = props.pagePass?.toSeconds() ?? PAGE_PASS_SECONDS.initial;
    if (passSeconds < PAGE_PASS_SECONDS.least || passSeconds > PAGE_PASS_SECONDS.most) {
      throw new Error(`Gatepost: \`pagePass\` is ${passSeconds} s, but must be from ${PAGE_PASS_SECONDS.least} to ${PAGE_PASS_SECONDS.most} s`);
    }
    if (!/^https:\/\/[^/?#]+$/.test(props.origin)) {
      throw new Error(`Gatepost: \`origin\` is \`${props.origin}\`, but must be https:// and a host, without a slash at the end`);
    }
    const lifetime = props.lifetime?.toSeconds();
    if (lifetime !== undefined && mode !== 'opaque') {
      throw new Error('Gatepost: `lifetime` is about sessions in a table: it needs `mode: \'opaque\'`');
    }
    if (lifetime !== undefined && (lifetime < LIFETIME_SECONDS.least || lifetime > LIFETIME_SECONDS.most)) {
      throw new Error(`Gatepost: \`lifetime\` is ${lifetime} s, but must be from ${LIFETIME_SECONDS.least} to ${LIFETIME_SECONDS.most} s`);
    }
    return {
      GATEPOST_PAGE_PASS_SECONDS: String(passSeconds),
      GATEPOST_POLICY_TABLE: props.policies.tableName,
      GATEPOST_SESSION_ISSUER: Stack.of(this).toJsonString({
        issuer,
        client_id: clientId,
        ...(clientSecret !== undefined && { client_secret: clientSecret.unsafeUnwrap() }),
        ...(scopes !== undefined && { scopes }),
      }),
      // CloudFormation puts the secret in; neither the template nor its parameters have it.
      GATEPOST_SESSION_KEYS: this.keys.secretValue.unsafeUnwrap(),
      GATEPOST_SESSION_MODE: mode,
      GATEPOST_SESSION_ORIGIN: props.origin,
      ...(lifetime !== undefined && { GATEPOST_SESSION_SECONDS: String(lifetime) }),
      ...(this.sessions !== undefined && { GATEPOST_SESSION_TABLE: this.sessions.tableName }),
      ...(props.subjects !== undefined && { GATEPOST_SUBJECTS: props.subjects.join(',') }),
    };
  }

  private secret(removalPolicy: RemovalPolicy): secrets.Secret {
    const secret = new secrets.Secret(this, 'Keys', {
      description: 'Keys of the sessions of Gatepost, the current one first: scripts/rotate-session-keys',
      // No key that stands in a template would be one.
      secretStringValue: Secrets.unsafePlainText('[]'),
      removalPolicy,
    });
    Validations.of(secret).acknowledge({
      id: 'AwsSolutions-SMG4',
      reason: 'scripts/rotate-session-keys rotates it, together with the keys at the edge that follow from it',
    });
    return secret;
  }

  private table(removalPolicy: RemovalPolicy): dynamodb.TableV2 {
    return new dynamodb.TableV2(this, 'Sessions', {
      partitionKey: { name: 'session', type: dynamodb.AttributeType.STRING },
      billing: dynamodb.Billing.onDemand(),
      // To have sessions back from before they ended would be a fault.
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: false },
      timeToLiveAttribute: 'expires_at',
      deletionProtection: removalPolicy === RemovalPolicy.RETAIN,
      removalPolicy,
    });
  }

  private role(policies: dynamodb.ITable): iam.Role {
    const role = new iam.Role(this, 'Role', {
      description: 'What the session function of Gatepost may do',
      assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'),
    });
    role.addToPolicy(new iam.PolicyStatement({ actions: ['dynamodb:BatchGetItem'], resources: [policies.tableArn] }));
    policies.encryptionKey?.grantDecrypt(role);
    if (this.sessions !== undefined) {
      role.addToPolicy(new iam.PolicyStatement({
        actions: ['dynamodb:DeleteItem', 'dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem'],
        resources: [this.sessions.tableArn],
      }));
      this.sessions.encryptionKey?.grantEncryptDecrypt(role);
    }
    this.logGroup.grantWrite(role);
    role.addToPolicy(new iam.PolicyStatement({ actions: ['xray:PutTelemetryRecords', 'xray:PutTraceSegments'], resources: ['*'] }));
    Validations.of(role).acknowledge({
      id: 'AwsSolutions-IAM5[Resource::*]',
      reason: 'X-Ray knows no resources that these two actions could be limited to',
    });
    return role;
  }

  private routes(api: rest.RestApi): void {
    const integration = new rest.LambdaIntegration(this.function, { allowTestInvoke: false });
    const auth = api.root.addResource('auth');
    for (const [name, verbs] of Object.entries(SESSION_ROUTES)) {
      const resource = auth.addResource(name);
      for (const verb of verbs) {
        const method = resource.addMethod(verb, integration, { authorizationType: rest.AuthorizationType.NONE });
        const reason = 'Whoever signs in has no token yet; the function looks after cookies and CSRF itself';
        Validations.of(method).acknowledge({ id: 'AwsSolutions-APIG4', reason }, { id: 'AwsSolutions-COG4', reason });
      }
    }
  }
}
