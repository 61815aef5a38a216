import { readFileSync } from 'node:fs';

/** One line of a graph, or one area of a stacked one: a value for each five minutes, over three hours. */
export interface Series {
  readonly label: string;
  readonly values: readonly number[];
}

/** A row of a table, by the names of its columns. */
export type Row = Readonly<Record<string, string>>;

export const POINTS = 36;
/** When the three hours begin. */
export const FROM_HOUR = 9;

/**
 * A morning that never was. At 11:10 a web page is released that signs in with another client's id; at
 * 10:35 the table is throttled for a quarter of an hour.
 */
const REFUSALS: Readonly<Record<string, Readonly<Record<string, readonly number[]>>>> = {
  unauthorized: {
    client_id_mismatch: counts((at) => (at < 26 ? 0 : 300 + 300 * Math.min(1, (at - 26) / 4)), 0.08),
    expired: counts(() => 44, 0.35),
    not_bearer: counts((at) => (at % 9 < 2 ? 7 : 1), 0.5),
    signature_invalid: counts((at) => (at > 12 && at < 16 ? 31 : 0), 0.4),
  },
  deny: {
    no_documents: counts((at) => 9 + at / 3, 0.3),
    no_subjects: counts(() => 14, 0.35),
    nothing_allowed: counts(() => 4, 0.6),
  },
  failure: {
    throttled: counts((at) => [0, 13, 24, 9][at - 18] ?? 0, 0.1),
    timed_out: counts((at) => [0, 2, 5, 3][at - 18] ?? 0, 0.2),
  },
};

const GRANTED = counts((at) => 380 + 90 * Math.sin(at / 6), 0.07);

/** The calls of an outcome, by reason. */
export function refusals(outcome: string): Series[] {
  const reasons = REFUSALS[outcome];
  if (reasons === undefined) throw new Error(`no example data for the outcome ${outcome}`);
  return Object.entries(reasons).map(([label, values]) => ({ label, values }));
}

/** A metric by its namespace, name and statistic. */
export function measured(metric: string): readonly number[] {
  const values = MEASURED[metric];
  if (values === undefined) throw new Error(`no example data for ${metric}`);
  return values;
}

const throttled = (at: number) => (at > 18 && at < 22 ? 1 : 0);

const MEASURED: Readonly<Record<string, readonly number[]>> = {
  'AWS/Lambda Invocations Sum': GRANTED.map((granted, at) => granted + allRefusals(at)),
  'AWS/Lambda Throttles Sum': counts(() => 0, 0),
  'AWS/Lambda Duration p50': measurements((at) => 2.4 + 3 * throttled(at), 0.12),
  'AWS/Lambda Duration p99': measurements((at) => 21 + 150 * throttled(at), 0.2),
  'Gatepost DynamoDbLatency p50': measurements((at) => 4.1 + 5 * throttled(at), 0.12),
  'Gatepost DynamoDbLatency p99': measurements((at) => 13 + 140 * throttled(at), 0.2),
  'Gatepost PolicyBytes Maximum': measurements((at) => (at < 15 ? 2_460 : 2_930), 0),
  'Gatepost JwksAge Maximum': measurements((at) => ((at + 5) % 12) * 300 + 290, 0.01),
};

/** The alarms that are on, of those whose names the dashboard has. */
export const IN_ALARM: ReadonlySet<string> = new Set(['Rejected']);

/** What a query for `calls by outcome, reason, front_door` finds: the same calls as the graphs. */
export function refusalsByReason(): Row[] {
  const counted = Object.entries(REFUSALS).flatMap(([outcome, reasons]) =>
    Object.entries(reasons).map(([reason, values]) => ({ outcome, reason, calls: sum(values) })));
  return counted.sort((one, other) => other.calls - one.calls)
    .map(({ calls, ...row }) => ({ ...row, front_door: 'rest_request', calls: String(calls) }));
}

/** What a query for single lines finds, newest first. */
export function lastRefusals(): Row[] {
  const reasons = ['client_id_mismatch', 'client_id_mismatch', 'expired', 'client_id_mismatch', 'no_subjects', 'client_id_mismatch',
    'client_id_mismatch', 'no_documents', 'client_id_mismatch', 'client_id_mismatch', 'expired', 'client_id_mismatch'];
  const seconds = [58.412, 57.97, 57.031, 56.644, 55.102, 54.893, 54.377, 52.916, 52.18, 51.733, 50.264, 49.908];
  return reasons.map((reason, at) => {
    const outcome = Object.keys(REFUSALS).find((name) => REFUSALS[name]?.[reason] !== undefined) ?? '';
    const time = `11:59:${seconds[at]?.toFixed(3)}`;
    return { '@timestamp': time, outcome, reason, error: outcome === 'deny' ? '' : inWords(reason) };
  });
}

/** What the decision log calls the reason in words. */
function inWords(reason: string): string {
  const page = readFileSync(new URL('../../docs/decision-log.md', import.meta.url), 'utf8');
  const words = page.split('\n').map((line) => line.split(' | ')).find(([, code]) => code === `\`${reason}\``)?.[2];
  if (words === undefined) throw new Error(`the decision log knows no reason ${reason}`);
  return words.replace(/ \|$/, '');
}

function allRefusals(at: number): number {
  return sum(Object.values(REFUSALS).flatMap((reasons) => Object.values(reasons).map((values) => values[at] ?? 0)));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** A course of numbers of calls. */
function counts(course: (at: number) => number, noise: number): number[] {
  return measurements(course, noise).map(Math.round);
}

/** A course of values, each off by up to `noise` of itself, and always the same. */
function measurements(course: (at: number) => number, noise: number): number[] {
  let state = 7;
  return Array.from({ length: POINTS }, (_, at) => {
    // Lehmer's generator: chance that does not change from one run to the next.
    state = (state * 16_807) % 2_147_483_647;
    return course(at) * (1 + noise * (2 * (state / 2_147_483_647) - 1));
  });
}
