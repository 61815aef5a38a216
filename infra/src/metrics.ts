import { aws_cloudwatch as cloudwatch, Duration } from 'aws-cdk-lib';

/** Where the function's own metrics stand; `docs/decision-log.md` has them all. */
export const NAMESPACE = 'Gatepost';

/**
 * What may come of asking the table, by the reasons of the decision log. A test compares them with
 * those of `crates/store/src/policy_store.rs`.
 */
export const TABLE_REASONS = {
  /** The service does not answer, or not in time, or not so that it can be understood. */
  unavailable: ['garbled_answer', 'service_failing', 'throttled', 'timed_out', 'unprocessed_keys', 'unreachable'],
  /** The service answers, and refuses: the role, the table's name or the request is wrong. */
  refused: ['access_denied', 'request_refused', 'table_not_found', 'unasked_row', 'unsendable'],
  /** A row is there and cannot be read. */
  unreadable: ['unreadable_row'],
} as const;

/** One of the metrics without dimensions. */
export function metric(
  metricName: 'Failures' | 'JwksAge' | 'PolicyBytes' | 'Rejected' | 'UnknownSubjects' | 'DynamoDbLatency',
  statistic: string,
  period: Duration,
): cloudwatch.Metric {
  return new cloudwatch.Metric({ namespace: NAMESPACE, metricName, statistic, period });
}

/** Calls that failed for one of these reasons. */
export function failuresFor(reasons: readonly string[], period: Duration): cloudwatch.IMetric {
  const metrics = Object.fromEntries(reasons.map((reason, index) => [`m${index}`, decisions('failure', reason, period)]));
  const [only] = Object.values(metrics);
  if (reasons.length === 1 && only !== undefined) return only;
  return new cloudwatch.MathExpression({
    expression: `SUM([${Object.keys(metrics).map((id) => `FILL(${id}, 0)`).join(', ')}])`,
    label: 'calls that failed',
    usingMetrics: metrics,
    period,
  });
}

/** Every reason of an outcome, as it comes up. For graphs; alarms cannot search. */
export function decisionsByReason(outcome: 'deny' | 'failure' | 'unauthorized', period: Duration): cloudwatch.IMetric {
  return new cloudwatch.MathExpression({
    expression: `SEARCH('{${NAMESPACE},Outcome,Reason} MetricName="Decisions" Outcome="${outcome}"', 'Sum', ${period.toSeconds()})`,
    label: '',
    period,
  });
}

function decisions(outcome: string, reason: string, period: Duration): cloudwatch.Metric {
  return new cloudwatch.Metric({
    namespace: NAMESPACE,
    metricName: 'Decisions',
    dimensionsMap: { Outcome: outcome, Reason: reason },
    statistic: 'Sum',
    period,
  });
}
