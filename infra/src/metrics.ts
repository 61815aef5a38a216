import { aws_cloudwatch as cloudwatch, Duration } from 'aws-cdk-lib';

/** Where the function's own metrics stand; `docs/reference/metrics.md` has them all. */
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

/**
 * The metrics of one function. Each has the dimension `FunctionName`, since an alarm sees exactly the
 * dimensions it names: without it, functions of one account would set off each other's alarms.
 */
export class FunctionMetrics {
  constructor(private readonly functionName: string) {}

  /** One of the metrics that have no other dimension. */
  metric(
    metricName: 'Failures' | 'JwksAge' | 'PolicyBytes' | 'Rejected' | 'UnknownSubjects' | 'DynamoDbLatency',
    statistic: string,
    period: Duration,
  ): cloudwatch.Metric {
    return this.withDimensions(metricName, {}, statistic, period);
  }

  /** Calls that failed for one of these reasons. */
  failuresFor(reasons: readonly string[], period: Duration): cloudwatch.IMetric {
    const metrics = Object.fromEntries(reasons.map((reason, index) => [`m${index}`, this.failures(reason, period)]));
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
  decisionsByReason(outcome: 'deny' | 'failure' | 'unauthorized', period: Duration): cloudwatch.IMetric {
    const metrics = `{${NAMESPACE},FunctionName,Outcome,Reason} MetricName="Decisions" FunctionName="${this.functionName}" Outcome="${outcome}"`;
    return new cloudwatch.MathExpression({
      expression: `SEARCH('${metrics}', 'Sum', ${period.toSeconds()})`,
      label: '',
      period,
    });
  }

  private failures(reason: string, period: Duration): cloudwatch.Metric {
    return this.withDimensions('Decisions', { Outcome: 'failure', Reason: reason }, 'Sum', period);
  }

  private withDimensions(
    metricName: string, dimensions: Record<string, string>, statistic: string, period: Duration,
  ): cloudwatch.Metric {
    const dimensionsMap = { FunctionName: this.functionName, ...dimensions };
    return new cloudwatch.Metric({ namespace: NAMESPACE, metricName, dimensionsMap, statistic, period });
  }
}
