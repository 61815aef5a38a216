import {
  type aws_apigateway as restApi, type aws_apigatewayv2 as v2, type aws_cloudwatch as cloudwatch, aws_codedeploy as codedeploy,
  type aws_dynamodb as dynamodb, type aws_lambda as lambda, aws_logs as logs, type aws_sns as sns, RemovalPolicy, Stack,
} from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { Alarms, type AlarmThresholds } from './alarms.js';
import { attach, type Authorizers } from './attachment.js';
import { AuthorizerFunction } from './authorizer-function.js';
import { Dashboard } from './dashboard.js';
import { agree, type FrontDoor } from './front-door.js';
import { functionCode, type Machine } from './function-package.js';
import { hasFetchedKeys, type Issuer } from './issuer.js';
import { apiFaults, misuses } from './misuse.js';
import { PolicyTable } from './policy-table.js';
import { Rollout } from './rollout.js';
import { type AuthorizerSettings, environment, timing } from './settings.js';

/** The first two are all that most APIs need, with `code`. */
export interface GatepostAuthorizerProps {
  /** The API, where its requests carry tokens, and how long answers are kept. */
  readonly frontDoor: FrontDoor;

  /** Whose tokens are accepted; `userPoolIssuer` makes one of a user pool. */
  readonly issuers: readonly [Issuer, ...Issuer[]];

  /**
   * The table of policies, in the region of the stack. One of another account needs a resource policy
   * of its own (docs/reference/table.md has its format).
   *
   * @default - a new `PolicyTable`
   */
  readonly table?: dynamodb.ITable;

  /**
   * The table of sessions, for token sources that begin with `session:`; `GatepostSession` makes one.
   *
   * @default - none
   */
  readonly sessions?: dynamodb.ITable;

  /** What else the function is told: whose documents count, how long what it read is good, its limits.
   * @default - see `AuthorizerSettings` */
  readonly settings?: AuthorizerSettings;

  /**
   * What the function is compiled for. arm64 costs a fifth less for the same time.
   *
   * @default 'arm64'
   */
  readonly machine?: Machine;

  /**
   * The function's package: the path of a zip file, or code that is somewhere already. The npm package holds
   * none.
   *
   * @default - in a clone of Gatepost, `target/lambda/gatepost-authorizer-{machine}.zip`, which
   * `scripts/build-lambda` makes; otherwise it must be given
   */
  readonly code?: string | lambda.Code;

  /**
   * Memory in MB, and with it the share of a processor: 1769 MB are one. Verifying a token and merging
   * policies takes well under a millisecond of a whole one, and little memory; what 128 MB would cost
   * is time at each TLS handshake of a cold start.
   *
   * @default 256
   */
  readonly memorySize?: number;

  /** How long the function's log is kept. @default RetentionDays.THREE_MONTHS */
  readonly logRetention?: logs.RetentionDays;

  /**
   * How a new version of the function takes over.
   *
   * @default LambdaDeploymentConfig.CANARY_10PERCENT_5MINUTES
   */
  readonly rollout?: codedeploy.ILambdaDeploymentConfig;

  /** When the alarms go off. @default - see `AlarmThresholds` */
  readonly alarmThresholds?: AlarmThresholds;

  /** Who is told of alarms. @default - nobody; they show in the dashboard, and take back a roll-out */
  readonly alarmTopic?: sns.ITopic;

  /**
   * What becomes of a new table and of the log when they leave the stack.
   *
   * @default RemovalPolicy.RETAIN
   */
  readonly removalPolicy?: RemovalPolicy.RETAIN | RemovalPolicy.DESTROY;
}

/**
 * Gatepost in front of one API: the function with its role, log and alias, the authorizer in API
 * Gateway, alarms, a dashboard and a roll-out that takes itself back.
 *
 * ```ts
 * const gatepost = new GatepostAuthorizer(this, 'Gatepost', {
 *   frontDoor: { kind: 'rest', api },
 *   issuers: [userPoolIssuer(pool, [client])],
 * });
 * movies.addMethod('GET', integration, { authorizer: gatepost.rest });
 * ```
 */
export class GatepostAuthorizer extends Construct {
  /** What API Gateway calls. */
  readonly alias: lambda.Alias;
  /** Each has an entry in docs/runbook.md, which its description names. */
  readonly alarms: readonly cloudwatch.Alarm[];
  /** The function behind the alias. */
  readonly function: lambda.Function;
  /** Where the function writes its decision log (docs/decision-log.md). */
  readonly logGroup: logs.ILogGroup;
  /** The table of policies that was given, or the new one. */
  readonly table: dynamodb.ITable;
  private readonly authorizers: Authorizers;

  constructor(scope: Construct, id: string, props: GatepostAuthorizerProps) {
    super(scope, id);
    const agreement = agree(props.frontDoor);
    const settings = props.settings ?? {};
    const { deadlineMs, jwksTtlSeconds } = timing(settings);
    const machine = props.machine ?? 'arm64';
    const removalPolicy = props.removalPolicy ?? RemovalPolicy.RETAIN;

    this.table = props.table ?? new PolicyTable(this, 'Policies', { removalPolicy }).table;
    const made = new AuthorizerFunction(this, 'Function', {
      code: functionCode(props.code, 'gatepost-authorizer', machine),
      deadlineMs,
      environment: environment(
        settings,
        props.issuers,
        { policies: this.table.tableName, ...(props.sessions && { sessions: props.sessions.tableName }) },
        agreement,
        props.frontDoor.kind,
        (value) => Stack.of(this).toJsonString(value),
      ),
      logRetention: props.logRetention ?? logs.RetentionDays.THREE_MONTHS,
      machine,
      memorySize: props.memorySize ?? 256,
      removalPolicy,
      sessions: props.sessions,
      table: this.table,
    });
    this.alias = made.alias;
    this.function = made.function;
    this.logGroup = made.logGroup;
    this.authorizers = attach(this, props.frontDoor, agreement, this.alias);
    this.node.addValidation({ validate: () => [
      ...misuses(this, this.function, this.alias, agreement),
      ...apiFaults(props.frontDoor, settings.implicitDeny ?? 'implicit'),
    ] });

    const keysAge = props.issuers.some(hasFetchedKeys);
    const thresholds = props.alarmThresholds ?? {};
    const alarms = new Alarms(this, 'Alarms', {
      alias: this.alias,
      sessions: props.sessions !== undefined,
      staleKeysSeconds: keysAge ? (thresholds.staleKeys?.toSeconds() ?? 2 * jwksTtlSeconds) : undefined,
      thresholds,
      topic: props.alarmTopic,
    });
    this.alarms = alarms.all;
    new Dashboard(this, 'Overview', { alarms: alarms.all, alias: this.alias, logGroup: this.logGroup });
    new Rollout(this, 'Rollout', {
      alarms: alarms.rollback,
      alias: this.alias,
      config: props.rollout ?? codedeploy.LambdaDeploymentConfig.CANARY_10PERCENT_5MINUTES,
    });
  }

  /** For the methods of the REST API. @throws If the front door is another. */
  get rest(): restApi.IAuthorizer {
    return this.authorizers.rest ?? this.otherDoor('rest');
  }

  /** For the routes of the HTTP API. @throws If the front door is another. */
  get http(): v2.IHttpRouteAuthorizer {
    return this.authorizers.http ?? this.otherDoor('http');
  }

  /** For the route `$connect` of the WebSocket API. @throws If the front door is another. */
  get webSocket(): v2.IWebSocketRouteAuthorizer {
    return this.authorizers.webSocket ?? this.otherDoor('websocket');
  }

  private otherDoor(kind: FrontDoor['kind']): never {
    throw new Error(`Gatepost: ${this.node.path} was made for another kind of API than \`${kind}\``);
  }
}
