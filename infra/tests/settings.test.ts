import { aws_apigateway as rest, aws_dynamodb as dynamodb, Duration } from 'aws-cdk-lib';
import { describe, expect, test } from 'vitest';
import { ISSUER_MEMBERS } from '../src/issuer.js';
import { TABLE_REASONS } from '../src/metrics.js';
import { RANGES } from '../src/settings.js';
import type { AuthorizerSettings, Issuer } from '../src/index.js';
import { documentedDefaults } from './documented.js';
import { environmentOf, projectFile, world } from './support.js';

/** Every setting, as the construct writes it. */
const ALL: AuthorizerSettings = {
  contextClaims: ['sub', 'groups'],
  deadline: Duration.millis(2_500),
  expiryCondition: true,
  implicitDeny: 'explicit',
  jwksMaxStale: Duration.hours(2),
  jwksTtl: Duration.minutes(5),
  leeway: Duration.seconds(10),
  logSamplePercent: 10,
  maxPolicyBytes: 16_384,
  policyTtl: Duration.seconds(0),
  revocation: true,
  subjects: ['group', 'user'],
  tableLayout: 'gatepost',
};

const made = (settings: AuthorizerSettings, issuer?: Issuer) => {
  const { api, guard, template } = world({ apiKeySourceType: rest.ApiKeySourceType.AUTHORIZER });
  guard({ frontDoor: { kind: 'rest', api, usageIdentifierKey: true }, settings, ...(issuer && { issuers: [issuer] as const }) });
  return template();
};

describe('the function\'s settings', () => {
  const table = [...projectFile('crates/authorizer/src/config.rs')
    .matchAll(/^\/\/! \| `(GATEPOST_\w+)` \| ([^|]*) \| ([^|]*) \|/gm)]
    .map(([, name, range, initial]) => ({ name: name!, range: range!, initial: initial! }));

  test('are all to be had, under the names that the function knows', () => {
    const { api, guard, stack, template } = world();
    guard({
      frontDoor: { kind: 'rest', api, tokenSources: ['session:id'] },
      sessions: dynamodb.Table.fromTableName(stack, 'Sessions', 'sessions'),
      settings: { sessionTtl: Duration.seconds(0) },
    });
    const names = [environmentOf(made(ALL)), environmentOf(template())].flatMap(Object.keys);
    expect([...new Set(names)].sort()).toEqual(table.map(({ name }) => name).sort());
  });

  test.each(Object.entries(RANGES))('%s has the function\'s range and default', (name, { initial, least, most }) => {
    const row = table.find((entry) => entry.name === name)!;
    expect(row.initial).toBe(String(initial));
    expect(row.range).toContain(most.toLocaleString('en'));
    // The least age at which a key dies is the other setting.
    if (!row.range.startsWith('the TTL')) expect(row.range).toContain(least.toLocaleString('en'));
  });

  test.each(Object.entries(documentedDefaults('AuthorizerSettings')))('`%s` has the default that its comment tells', (name, value) => {
    const { api, guard, stack, template } = world();
    const sessions = dynamodb.Table.fromTableName(stack, 'Sessions', 'sessions');
    guard({ frontDoor: { kind: 'rest', api, tokenSources: ['session:id'] }, sessions, settings: { [name]: value } });
    const written = environmentOf(template());
    const variable = `GATEPOST_${name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
    const row = table.find((entry) => [variable, `${variable}_MS`, `${variable}_SECONDS`].includes(entry.name))!;
    expect(written[row.name]).toBe(row.initial.replaceAll('`', ''));
  });

  test('are written as the function reads them', () => {
    expect(environmentOf(made(ALL))).toMatchObject({
      GATEPOST_CONTEXT_CLAIMS: 'sub,groups',
      GATEPOST_DEADLINE_MS: '2500',
      GATEPOST_EXPIRY_CONDITION: 'on',
      GATEPOST_IMPLICIT_DENY: 'explicit',
      GATEPOST_JWKS_MAX_STALE_SECONDS: '7200',
      GATEPOST_JWKS_TTL_SECONDS: '300',
      GATEPOST_LEEWAY_SECONDS: '10',
      GATEPOST_LOG_SAMPLE_PERCENT: '10',
      GATEPOST_MAX_POLICY_BYTES: '16384',
      GATEPOST_POLICY_TTL_SECONDS: '0',
      GATEPOST_REVOCATION: 'on',
      GATEPOST_SUBJECTS: 'group,user',
      GATEPOST_TABLE_LAYOUT: 'gatepost',
      GATEPOST_USAGE_IDENTIFIER_KEY: 'on',
    });
  });

  test.each<[AuthorizerSettings, RegExp]>([
    [{ deadline: Duration.millis(99) }, /GATEPOST_DEADLINE_MS is 99, but must be a whole number from 100 to 25000/],
    [{ logSamplePercent: 0.5 }, /GATEPOST_LOG_SAMPLE_PERCENT is 0.5/],
    [{ jwksTtl: Duration.days(1), jwksMaxStale: Duration.hours(1) }, /`jwksMaxStale` is less than `jwksTtl`/],
    [{ sessionTtl: Duration.seconds(301) }, /GATEPOST_SESSION_TTL_SECONDS is 301.*; `sessionTtl` is about a `session:` token source/],
    [{ subjects: [] }, /`subjects` is empty/],
    [{ tableLayout: 'aws-sample', subjects: ['group', 'user'] }, /`subjects` must be \['group'\]/],
    [{ tableLayout: 'aws-sample', revocation: true }, /`revocation` must be false/],
    [{ leeway: Duration.hours(1), policyTtl: Duration.days(1) }, /GATEPOST_LEEWAY_SECONDS .*; GATEPOST_POLICY_TTL_SECONDS/],
  ])('%o fails here and not in the function', (settings, message) => {
    expect(() => made(settings)).toThrow(message);
  });

  test('leave the function time to say that it failed', () => {
    made({ deadline: Duration.millis(6_200) }).hasResourceProperties('AWS::Lambda::Function', { Timeout: 8 });
  });
});

describe('an issuer', () => {
  test('has every member that the function reads', () => {
    const [, documented = ''] = projectFile('crates/authorizer/src/config/issuers.rs').split('| member |');
    const members = [...documented.split('\n//!\n')[0]!.matchAll(/^\/\/! \| `(\w+)` \|/gm)].map(([, name]) => name);
    expect(members.length).toBeGreaterThan(5);
    expect(Object.values(ISSUER_MEMBERS)).toEqual(expect.arrayContaining(members));
  });

  test.each(Object.entries(documentedDefaults('Issuer')))('has the default `%s` that its comment tells', (name, value) => {
    const member = ISSUER_MEMBERS[name as keyof Issuer];
    const [, initial] = new RegExp(`^//! \\| \`${member}\` \\|.*\\| \`([^\`]+)\``, 'm').exec(projectFile('crates/authorizer/src/config/issuers.rs')) ?? [];
    expect(typeof value === 'string' ? value : JSON.stringify(value)).toBe(initial);
  });

  test('is written with those members alone that were given', () => {
    const issuer: Issuer = { issuer: 'https://id.example', audience: ['a'], jwksUri: 'https://id.example/keys', tokenUse: ['id'], groupsClaim: 'roles' };
    expect(JSON.parse(environmentOf(made({}, issuer)).GATEPOST_ISSUERS as string)).toEqual([
      { issuer: 'https://id.example', audience: ['a'], jwks_uri: 'https://id.example/keys', token_use: ['id'], groups_claim: 'roles' },
    ]);
  });
});

test('every reason for which the table cannot be read belongs to an alarm', () => {
  const [, reasons = ''] = projectFile('crates/store/src/policy_store.rs').split('fn reason(');
  const known = [...reasons.split('\n    }\n')[0]!.matchAll(/=> "(\w+)"/g)].map(([, reason]) => reason);
  expect(known.length).toBeGreaterThan(5);
  expect(Object.values(TABLE_REASONS).flat().sort()).toEqual(known.sort());
});
