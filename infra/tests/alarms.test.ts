import type { Template } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Issuer } from '../src/index.js';
import { dashboardWidgets } from '../picture/widgets.js';
import { appTemplate, projectFile, world, ZIP } from './support.js';

let template: Template;
let alarms: Record<string, any>;
/** With sessions in a table, which have an alarm more. */
let ofSessions: Record<string, any>;
beforeAll(() => {
  template = appTemplate();
  alarms = alarmsOf(template);
  ofSessions = alarmsOf(appTemplate({ web: true, sessionZip: ZIP, sessionMode: 'opaque' }));
});

const alarmsOf = (made: Template) => Object.fromEntries(Object.values(made.findResources('AWS::CloudWatch::Alarm')).map((alarm) => {
  const [, entry] = /docs\/runbook\.md#([\w-]+)$/.exec(alarm.Properties.AlarmDescription) ?? [];
  return [entry, alarm.Properties];
}));

describe('the runbook', () => {
  const page = projectFile('docs/runbook.md');
  const entries = [...page.matchAll(/^### (.+)$/gm)].map(([, heading]) => heading!.toLowerCase().replaceAll(' ', '-'));

  test('has an entry for each alarm, and no other', () => {
    expect(entries.sort()).toEqual(Object.keys(ofSessions).sort());
  });

  test('says in each entry what the alarm means, what to look at and what to do', () => {
    const texts = page.split(/^### .+$/m).slice(1);
    expect(texts).toHaveLength(entries.length);
    for (const text of texts) {
      for (const part of ['**Means.**', '**Look.**', '**Do.**']) expect(text).toContain(part);
    }
  });

  test('speaks of reasons and fields that there are', () => {
    const words = [...page.matchAll(/`([a-z]+(?:_[a-z]+)+)`/g)].map(([, word]) => word!);
    expect(words.length).toBeGreaterThan(20);
    const known = [
      'docs/decision-log.md', 'ARCHITECTURE.md', 'crates/authorizer/src/config/issuers.rs', 'crates/store/src/dynamodb/row.rs',
    ].map(projectFile).join();
    for (const word of words) expect(known).toContain(word);
  });
});

test('alarms are quiet while nobody calls', () => {
  expect(Object.keys(alarms)).toHaveLength(10);
  expect(Object.keys(ofSessions)).toHaveLength(11);
  for (const alarm of Object.values(ofSessions)) {
    expect(alarm).toMatchObject({ TreatMissingData: 'notBreaching', ComparisonOperator: 'GreaterThanOrEqualToThreshold' });
  }
});

test('alarms watch what they are for', () => {
  const watched = (entry: string): string[] => {
    const { MetricName, Dimensions = [], Metrics = [] } = ofSessions[entry];
    const one = (name: string, dimensions: any[]) => {
      const reason = dimensions.find((dimension) => dimension.Name === 'Reason');
      return reason === undefined ? name : `${name} ${reason.Value}`;
    };
    return MetricName !== undefined
      ? [one(MetricName, Dimensions)]
      : Metrics.flatMap(({ MetricStat }: any) => (MetricStat ? [one(MetricStat.Metric.MetricName, MetricStat.Metric.Dimensions ?? [])] : [])).sort();
  };
  expect(Object.fromEntries(Object.keys(ofSessions).sort().map((entry) => [entry, watched(entry)]))).toEqual({
    'answer-too-large': ['Decisions answer_too_large'],
    'crashes': ['Errors', 'Failures', 'Invocations', 'Rejected'],
    'failures': ['Failures'],
    'rejected': ['Invocations', 'Rejected'],
    'sessions-unavailable': ['Decisions sessions_unavailable'],
    'slow-decisions': ['Duration'],
    'stale-keys': ['JwksAge'],
    'table-refused': ['access_denied', 'request_refused', 'table_not_found', 'unasked_row', 'unsendable'].map((reason) => `Decisions ${reason}`),
    'table-unavailable': ['garbled_answer', 'service_failing', 'throttled', 'timed_out', 'unprocessed_keys', 'unreachable'].map((reason) => `Decisions ${reason}`),
    'throttles': ['Throttles'],
    'unreadable-row': ['Decisions unreadable_row'],
  });
  expect(alarms['slow-decisions']).toMatchObject({ ExtendedStatistic: 'p99', Threshold: 1_000 });
  expect(alarms['stale-keys']).toMatchObject({ Statistic: 'Maximum', Threshold: 7_200 });
  // CloudWatch takes ten metrics in an alarm.
  for (const { Metrics = [] } of Object.values(alarms)) expect(Metrics.length).toBeLessThanOrEqual(10);
});

describe('the metrics of the function', () => {
  const metricsDrawn = () => dashboardWidgets(template.toJSON()).flatMap(({ properties }) => properties.metrics ?? []);
  /** A metric's name, with the names of its dimensions; an alarm sees none that has more or fewer. */
  const named = (name: string, dimensions: readonly string[]) => `${name} {${[...dimensions].sort().join(', ')}}`;
  // What the function writes when all of it comes up at once; a test of the function compares.
  const written = new Set(projectFile('crates/authorizer/tests/metrics.jsonl').trimEnd().split('\n').flatMap((line) =>
    JSON.parse(line)._aws.CloudWatchMetrics.flatMap(({ Namespace, Dimensions, Metrics }: any) =>
      Dimensions.flatMap((dimensions: string[]) => Metrics.map(({ Name }: any) => `${Namespace} ${named(Name, dimensions)}`)))));

  test('are watched with exactly the dimensions that it writes', () => {
    const watched = new Set(Object.values(alarms)
      .flatMap((alarm) => [alarm, ...(alarm.Metrics ?? []).map((metric: any) => metric.MetricStat?.Metric)])
      .filter((metric) => metric?.Namespace === 'Gatepost')
      .map(({ MetricName, Dimensions }) => `Gatepost ${named(MetricName, Dimensions.map(({ Name }: any) => Name))}`));
    expect(watched.size).toBe(4);
    for (const metric of watched) expect(written).toContain(metric);
  });

  test('are drawn with exactly the dimensions that it writes', () => {
    const drawn = new Set(metricsDrawn().flatMap(([namespace, name, ...dimensions]) => {
      const [, searched] = /^SEARCH\('\{Gatepost,([\w,]+)\} MetricName="Decisions"/.exec(namespace.expression) ?? [];
      if (searched !== undefined) return [`Gatepost ${named('Decisions', searched.split(','))}`];
      // Name, value, name, value … and an object with the statistic.
      return namespace === 'Gatepost' ? [`Gatepost ${named(name, dimensions.slice(0, -1).filter((_, at) => at % 2 === 0))}`] : [];
    }));
    expect(drawn.size).toBe(4);
    for (const metric of drawn) expect(written).toContain(metric);
  });

  test('are those of this function and of no other of the account', () => {
    const [[id]] = Object.entries(template.findResources('AWS::Lambda::Function')) as [[string, unknown]];
    const names = [...JSON.stringify(alarms).matchAll(/\{"Name":"FunctionName","Value":(.*?\})\}/g)].map(([, value]) => JSON.parse(value!));
    expect(names.length).toBeGreaterThan(20);
    for (const name of names) expect(name).toEqual({ Ref: id });
    const drawn = metricsDrawn().map((metric) => JSON.stringify(metric));
    expect(drawn).toHaveLength(11);
    for (const metric of drawn) expect(metric).toMatch(metric.includes('SEARCH') ? `FunctionName=\\"\${${id}}\\"` : `"FunctionName","\${${id}}"`);
  });

  test('are those of the reference, dimensions and all', () => {
    const rows = projectFile('docs/reference/metrics.md').matchAll(/^\| (`[A-Z]\w+`(?:, `\w+`)*) \| \w+ \| (.*?) ?\| .* \|$/gm);
    const words = (cell: string) => [...cell.matchAll(/\w+/g)].map(([word]) => word);
    const told = [...rows].flatMap(([, names, dimensions]) =>
      words(names!).map((name) => `Gatepost ${named(name, ['FunctionName', ...words(dimensions!)])}`));
    expect(told.sort()).toEqual([...written].sort());
  });
});

test('keys that stand in the settings never grow stale, unless they are only those to begin with', () => {
  const watchesKeys = (issuer: Partial<Issuer>) => {
    const { api, guard, template: made } = world();
    guard({ frontDoor: { kind: 'rest', api }, issuers: [{ issuer: 'https://id.example', audience: ['a'], ...issuer }] });
    return JSON.stringify(made().findResources('AWS::CloudWatch::Alarm')).includes('JwksAge');
  };
  expect(watchesKeys({ jwks: { keys: [] } })).toBe(false);
  expect(watchesKeys({ jwks: { keys: [] }, jwksUri: 'https://id.example/keys' })).toBe(true);
  expect(watchesKeys({})).toBe(true);
});

describe('a roll-out', () => {
  test('takes itself back for those alarms that a new version can cause', () => {
    const [group] = Object.values(template.findResources('AWS::CodeDeploy::DeploymentGroup'));
    expect(group?.Properties).toMatchObject({
      AutoRollbackConfiguration: { Enabled: true, Events: ['DEPLOYMENT_FAILURE', 'DEPLOYMENT_STOP_ON_REQUEST', 'DEPLOYMENT_STOP_ON_ALARM'] },
      AlarmConfiguration: { Enabled: true },
      DeploymentConfigName: 'CodeDeployDefault.LambdaCanary10Percent5Minutes',
    });
    const ids = group?.Properties.AlarmConfiguration.Alarms.map((alarm: any) => alarm.Name.Ref.replace(/^GatepostAlarms|[0-9A-F]{8}$/g, ''));
    expect(ids).toEqual(['Failures', 'Crashes', 'SlowDecisions', 'Throttles']);
  });

  test('is how the alias moves to a new version', () => {
    const [alias] = Object.values(template.findResources('AWS::Lambda::Alias'));
    expect(alias?.Properties.Name).toBe('live');
    expect(alias?.UpdatePolicy.CodeDeployLambdaAliasUpdate).toBeDefined();
  });
});

describe('the dashboard', () => {
  test('says who is refused and why', () => {
    const [dashboard] = Object.values(template.findResources('AWS::CloudWatch::Dashboard'));
    const body = JSON.stringify(dashboard?.Properties.DashboardBody);
    for (const outcome of ['unauthorized', 'deny', 'failure']) {
      expect(body).toMatch(new RegExp(`SEARCH\\('\\{Gatepost,FunctionName,Outcome,Reason\\} MetricName=.*?Decisions.*?Outcome=.*?${outcome}`));
    }
    expect(body).toContain("filter message = 'decision' and outcome in ['unauthorized', 'deny', 'failure']");
    expect(body).toContain('request_id, trace_id');
  });

  test('asks for fields that the decision log has', () => {
    const page = projectFile('docs/decision-log.md');
    const body = JSON.stringify(template.findResources('AWS::CloudWatch::Dashboard'));
    const [, fields = ''] = /fields @timestamp, ([\w, ]+)/.exec(body) ?? [];
    expect(fields.split(', ').length).toBeGreaterThan(5);
    for (const field of fields.split(', ')) expect(page).toContain(`\`${field}\``);
  });
});
