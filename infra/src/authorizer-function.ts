import {
  aws_dynamodb as dynamodb, aws_iam as iam, aws_lambda as lambda, aws_logs as logs, Duration,
  RemovalPolicy, Validations,
} from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { architectureOf, type Machine } from './function-package.js';

export interface AuthorizerFunctionProps {
  readonly code: lambda.Code;
  readonly deadlineMs: number;
  readonly environment: Record<string, string>;
  readonly logRetention: logs.RetentionDays;
  readonly machine: Machine;
  readonly memorySize: number;
  readonly removalPolicy: RemovalPolicy;
  readonly sessions?: dynamodb.ITable;
  readonly table: dynamodb.ITable;
}

/**
 * The function with its role and its log group, and the alias `live`, which API Gateway calls.
 *
 * Its role may read rows of the one table (and of the sessions', if there is one), write to the one log
 * group, and send traces. Nothing else.
 */
export class AuthorizerFunction extends Construct {
  readonly alias: lambda.Alias;
  readonly function: lambda.Function;
  readonly logGroup: logs.LogGroup;

  constructor(scope: Construct, id: string, props: AuthorizerFunctionProps) {
    super(scope, id);
    this.logGroup = new logs.LogGroup(this, 'Logs', {
      retention: props.logRetention,
      removalPolicy: props.removalPolicy,
    });
    this.function = new lambda.Function(this, 'Lambda', {
      description: 'Gatepost: decides who may call which method',
      runtime: lambda.Runtime.PROVIDED_AL2023,
      handler: 'bootstrap',
      architecture: architectureOf(props.machine),
      code: props.code,
      environment: props.environment,
      memorySize: props.memorySize,
      // The function gives up on its own I/O at the deadline; the second after it is for saying so.
      timeout: Duration.seconds(Math.ceil(props.deadlineMs / 1_000) + 1),
      role: this.role(props.table, props.sessions),
      logGroup: this.logGroup,
      loggingFormat: lambda.LoggingFormat.JSON,
      // The decision log is INFO; of the platform's own lines only what went wrong is worth its price.
      applicationLogLevelV2: lambda.ApplicationLogLevel.INFO,
      systemLogLevelV2: lambda.SystemLogLevel.WARN,
      tracing: lambda.Tracing.ACTIVE,
      // The version before is what a rollback by hand goes to.
      currentVersionOptions: { removalPolicy: RemovalPolicy.RETAIN },
      recursiveLoop: lambda.RecursiveLoop.TERMINATE,
    });
    Validations.of(this.function).acknowledge({
      id: 'Serverless-LambdaDLQ',
      reason: 'API Gateway calls the function synchronously; a dead-letter queue is for asynchronous calls',
    });
    this.alias = new lambda.Alias(this, 'Live', { aliasName: 'live', version: this.function.currentVersion });
  }

  private role(table: dynamodb.ITable, sessions?: dynamodb.ITable): iam.Role {
    const role = new iam.Role(this, 'Role', {
      description: 'What the authorizer of Gatepost may do',
      assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'),
    });
    // Not `table.grant`, which would add the replicas and indexes.
    role.addToPolicy(new iam.PolicyStatement({ actions: ['dynamodb:BatchGetItem'], resources: [table.tableArn] }));
    table.encryptionKey?.grantDecrypt(role);
    if (sessions !== undefined) {
      role.addToPolicy(new iam.PolicyStatement({ actions: ['dynamodb:GetItem'], resources: [sessions.tableArn] }));
      sessions.encryptionKey?.grantDecrypt(role);
    }
    this.logGroup.grantWrite(role);
    // Written out, since the function's construct would add it unseen.
    role.addToPolicy(new iam.PolicyStatement({
      actions: ['xray:PutTelemetryRecords', 'xray:PutTraceSegments'],
      resources: ['*'],
    }));
    Validations.of(role).acknowledge({
      id: 'AwsSolutions-IAM5[Resource::*]',
      reason: `X-Ray knows no resources that these two actions could be limited to`,
    });
    return role;
  }
}
