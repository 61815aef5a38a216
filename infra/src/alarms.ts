import {
  aws_cloudwatch as cloudwatch, aws_cloudwatch_actions as actions, type aws_lambda as lambda, type aws_sns as sns, Duration,
} from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { FunctionMetrics, TABLE_REASONS } from './metrics.js';

/** When the alarms go off. Those that are not here have thresholds of their own (docs/runbook.md). */
export interface AlarmThresholds {
  /** Calls that end in 401, of a hundred, over 15 minutes with 20 calls or more in each five.
   * @default 50 */
  readonly rejectedPercent?: number;

  /** How long the slowest one in a hundred calls takes. @default Duration.seconds(1) */
  readonly slow?: Duration;

  /** The age of the keys that tokens are verified with. @default - twice `jwksTtl` */
  readonly staleKeys?: Duration;
}

export interface AlarmsProps {
  readonly alias: lambda.Alias;
  /** Whether the function reads sessions. */
  readonly sessions: boolean;
  /** Seconds, or undefined where all keys stand in the settings and never age. */
  readonly staleKeysSeconds: number | undefined;
  readonly thresholds: AlarmThresholds;
  /** Where alarms are told. */
  readonly topic: sns.ITopic | undefined;
}

/** What an alarm says of itself; its page in the runbook says the rest. */
interface Rule {
  /** A construct id, and in kebab case the entry in the runbook. */
  readonly id: string;
  readonly means: string;
  readonly metric: cloudwatch.IMetric;
  readonly threshold: number;
  /** Periods over the threshold, and among how many. */
  readonly datapoints: readonly [over: number, of: number];
}

const MINUTE = Duration.minutes(1);
const FIVE_MINUTES = Duration.minutes(5);

/** The alarms of one authorizer. Each has an entry in docs/runbook.md, which its description names. */
export class Alarms extends Construct {
  readonly all: readonly cloudwatch.Alarm[];
  /** Those that take back a new version of the function while it is rolled out. */
  readonly rollback: readonly cloudwatch.Alarm[];

  constructor(scope: Construct, id: string, props: AlarmsProps) {
    super(scope, id);
    const make = (rule: Rule) => this.alarm(rule, props.topic);
    const metrics = new FunctionMetrics(props.alias.lambda.functionName);
    this.rollback = versionRules(props, metrics).map(make);
    this.all = [...this.rollback, ...worldRules(props, metrics).map(make)];
  }

  private alarm(rule: Rule, topic: sns.ITopic | undefined): cloudwatch.Alarm {
    const [over, of] = rule.datapoints;
    const alarm = new cloudwatch.Alarm(this, rule.id, {
      alarmDescription: `${rule.means} What to do: docs/runbook.md#${runbookEntry(rule.id)}`,
      metric: rule.metric,
      threshold: rule.threshold,
      comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      datapointsToAlarm: over,
      evaluationPeriods: of,
      // Nobody calls, nothing is reported, nothing is wrong.
      treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
    });
    if (topic !== undefined) {
      const action = new actions.SnsAction(topic);
      alarm.addAlarmAction(action);
      alarm.addOkAction(action);
    }
    return alarm;
  }
}

/** The anchor of an alarm's entry in docs/runbook.md, by the last part of its construct id: `StaleKeys` is
 * `stale-keys`. */
export function runbookEntry(id: string): string {
  return id.replace(/(?<=[a-z])(?=[A-Z])/g, '-').toLowerCase();
}

/** What a new version can break, and an old one would not have. */
function versionRules({ alias, thresholds }: AlarmsProps, metrics: FunctionMetrics): Rule[] {
  return [
    {
      id: 'Failures',
      means: 'Calls end in 500: Gatepost cannot decide, and lets nobody in.',
      metric: metrics.metric('Failures', 'Sum', MINUTE),
      threshold: 1,
      datapoints: [3, 5],
    },
    {
      id: 'Crashes',
      means: 'The function ends without an answer: it does not start, runs out of time or memory, or panics.',
      // A 401 is told to API Gateway by an error, and so is a 500 of ours; what is left has no words.
      metric: new cloudwatch.MathExpression({
        expression: 'IF(calls > 0, 100 * (FILL(errors, 0) - FILL(rejected, 0) - FILL(failures, 0)) / calls, 0)',
        label: 'calls without an answer, %',
        usingMetrics: {
          calls: alias.metricInvocations({ period: MINUTE, statistic: 'Sum' }),
          errors: alias.metricErrors({ period: MINUTE, statistic: 'Sum' }),
          rejected: metrics.metric('Rejected', 'Sum', MINUTE),
          failures: metrics.metric('Failures', 'Sum', MINUTE),
        },
        period: MINUTE,
      }),
      // Half of the share that a canary gets. Calls that are counted in two minutes make small ones.
      threshold: 5,
      datapoints: [2, 3],
    },
    {
      id: 'SlowDecisions',
      means: 'One call in a hundred takes too long.',
      metric: alias.metricDuration({ period: MINUTE, statistic: 'p99' }),
      threshold: (thresholds.slow ?? Duration.seconds(1)).toMilliseconds(),
      datapoints: [3, 5],
    },
    {
      id: 'Throttles',
      means: 'Lambda refuses to run the function as often as it is called; those calls end in 500.',
      metric: alias.metricThrottles({ period: MINUTE, statistic: 'Sum' }),
      threshold: 1,
      datapoints: [2, 3],
    },
  ];
}

/** What goes wrong around the function. */
function worldRules({ alias, sessions, staleKeysSeconds, thresholds }: AlarmsProps, metrics: FunctionMetrics): Rule[] {
  const rules: Rule[] = [
    {
      id: 'Rejected',
      means: 'An unusual share of calls ends in 401: their tokens are not accepted.',
      metric: new cloudwatch.MathExpression({
        expression: 'IF(calls >= 20, 100 * FILL(rejected, 0) / calls, 0)',
        label: 'calls rejected, %',
        usingMetrics: {
          calls: alias.metricInvocations({ period: FIVE_MINUTES, statistic: 'Sum' }),
          rejected: metrics.metric('Rejected', 'Sum', FIVE_MINUTES),
        },
        period: FIVE_MINUTES,
      }),
      threshold: thresholds.rejectedPercent ?? 50,
      datapoints: [3, 3],
    },
    {
      id: 'AnswerTooLarge',
      means: 'The merged policy of some caller is over the budget of an answer; nobody like them gets in.',
      metric: metrics.failuresFor(['answer_too_large'], FIVE_MINUTES),
      threshold: 1,
      datapoints: [1, 1],
    },
    {
      id: 'TableUnavailable',
      means: 'DynamoDB does not answer, or not in time.',
      metric: metrics.failuresFor(TABLE_REASONS.unavailable, MINUTE),
      threshold: 1,
      datapoints: [3, 5],
    },
    {
      id: 'TableRefused',
      means: 'DynamoDB refuses to be read: the role, the name of the table or its layout is wrong.',
      metric: metrics.failuresFor(TABLE_REASONS.refused, FIVE_MINUTES),
      threshold: 1,
      datapoints: [1, 1],
    },
    {
      id: 'UnreadableRow',
      means: 'A row of the table is no policy document; nobody whom it concerns gets in.',
      metric: metrics.failuresFor(TABLE_REASONS.unreadable, FIVE_MINUTES),
      threshold: 1,
      datapoints: [1, 1],
    },
  ];
  if (sessions) {
    rules.push({
      id: 'SessionsUnavailable',
      means: 'The table of sessions cannot be read; nobody gets in whose session is not at hand.',
      metric: metrics.failuresFor(['sessions_unavailable'], MINUTE),
      threshold: 1,
      datapoints: [3, 5],
    });
  }
  if (staleKeysSeconds !== undefined) {
    rules.push({
      id: 'StaleKeys',
      means: 'The keys of an issuer were not fetched again when they should have been.',
      metric: metrics.metric('JwksAge', 'Maximum', FIVE_MINUTES),
      threshold: staleKeysSeconds,
      datapoints: [3, 3],
    });
  }
  return rules;
}
