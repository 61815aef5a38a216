import { aws_apigateway as rest, aws_logs as logs, type RemovalPolicy } from 'aws-cdk-lib';
import { Construct } from 'constructs';

/**
 * One line for each request. `requestId` is `request_id` of the decision log; `policy_digest` says by
 * which policy. The resource is the template, not the path, and no claim is among the fields: neither
 * tokens nor names belong into a log. A field without a value is `-`.
 *
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html
 */
const FIELDS = {
  requestId: '$context.requestId',
  time: '$context.requestTime',
  ip: '$context.identity.sourceIp',
  method: '$context.httpMethod',
  resource: '$context.resourcePath',
  status: '$context.status',
  errorType: '$context.error.responseType',
  latencyMs: '$context.responseLatency',
  policyDigest: '$context.authorizer.policy_digest',
  authorizerStatus: '$context.authorizer.status',
  authorizerError: '$context.authorizer.error',
  authorizerLatencyMs: '$context.authorizer.latency',
  authorizerRequestId: '$context.authorizer.requestId',
  traceId: '$context.xrayTraceId',
} as const;

export interface AccessLogProps {
  readonly removalPolicy: RemovalPolicy;
  readonly retention: logs.RetentionDays;
}

/** The access log of a stage. */
export class AccessLog extends Construct {
  readonly destination: rest.IAccessLogDestination;
  readonly format = rest.AccessLogFormat.custom(JSON.stringify(FIELDS));

  constructor(scope: Construct, id: string, props: AccessLogProps) {
    super(scope, id);
    this.destination = new rest.LogGroupLogDestination(new logs.LogGroup(this, 'Logs', props));
  }
}
