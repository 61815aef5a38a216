import { aws_cloudwatch as cloudwatch, type aws_lambda as lambda, type aws_logs as logs, Duration } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { FunctionMetrics } from './metrics.js';

export interface DashboardProps {
  readonly alarms: readonly cloudwatch.Alarm[];
  readonly alias: lambda.Alias;
  /** The function's. */
  readonly logGroup: logs.ILogGroup;
}

const PERIOD = Duration.minutes(5);
const WIDTH = 24;

/** Who is being refused, and why; then whether the function itself is well. */
export class Dashboard extends Construct {
  readonly dashboard: cloudwatch.Dashboard;

  constructor(scope: Construct, id: string, props: DashboardProps) {
    super(scope, id);
    const metrics = new FunctionMetrics(props.alias.lambda.functionName);
    this.dashboard = new cloudwatch.Dashboard(this, 'Dashboard', {
      defaultInterval: Duration.hours(3),
      widgets: [
        [new cloudwatch.AlarmStatusWidget({ title: 'Alarms', alarms: [...props.alarms], width: WIDTH, height: 3 })],
        refusals(metrics),
        logOfRefusals(props.logGroup),
        health(props.alias, metrics),
      ],
    });
  }
}

function refusals(metrics: FunctionMetrics): cloudwatch.IWidget[] {
  const graph = (title: string, outcome: 'deny' | 'failure' | 'unauthorized') =>
    new cloudwatch.GraphWidget({
      title, width: WIDTH / 3, height: 7, stacked: true, left: [metrics.decisionsByReason(outcome, PERIOD)], leftYAxis: { min: 0 },
    });
  return [
    graph('401, by reason', 'unauthorized'),
    graph('Denied altogether, by reason (403)', 'deny'),
    graph('500, by reason', 'failure'),
  ];
}

/** A line has no token, claim or path; `request_id` leads to the line in the access log of the API. */
function logOfRefusals(logGroup: logs.ILogGroup): cloudwatch.IWidget[] {
  const table = (title: string, queryLines: string[]) =>
    new cloudwatch.LogQueryWidget({
      title, width: WIDTH / 2, height: 8, logGroupNames: [logGroup.logGroupName], queryLines, view: cloudwatch.LogQueryVisualizationType.TABLE,
    });
  const isRefusal = "filter message = 'decision' and outcome in ['unauthorized', 'deny', 'failure']";
  return [
    table('Refusals, by reason', [isRefusal, 'stats count(*) as calls by outcome, reason, front_door', 'sort calls desc']),
    table('The last refusals', [
      'fields @timestamp, outcome, reason, error, request_id, trace_id, subjects, documents, policy_digest',
      isRefusal,
      'sort @timestamp desc',
      'limit 50',
    ]),
  ];
}

function health(alias: lambda.Alias, metrics: FunctionMetrics): cloudwatch.IWidget[] {
  const graph = (title: string, left: cloudwatch.IMetric[]) =>
    new cloudwatch.GraphWidget({ title, width: WIDTH / 4, height: 6, left, leftYAxis: { min: 0 } });
  return [
    graph('Calls', [
      alias.metricInvocations({ period: PERIOD, statistic: 'Sum' }),
      alias.metricThrottles({ period: PERIOD, statistic: 'Sum' }),
    ]),
    graph('Duration, ms', ['p50', 'p99'].map((statistic) => alias.metricDuration({ period: PERIOD, statistic }))),
    graph('DynamoDB, ms', [metrics.metric('DynamoDbLatency', 'p50', PERIOD), metrics.metric('DynamoDbLatency', 'p99', PERIOD)]),
    graph('Answers, bytes; age of keys, s', [
      metrics.metric('PolicyBytes', 'Maximum', PERIOD),
      metrics.metric('JwksAge', 'Maximum', PERIOD),
    ]),
  ];
}
