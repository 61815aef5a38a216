import { Duration } from 'aws-cdk-lib';
import type { Agreement } from './front-door.js';
import { issuerJson, type Issuer } from './issuer.js';

/**
 * What the function can be told beside its issuers, its table and its front door. What is left out
 * has the function's own default, which stands here; docs/reference/settings.md has the variables.
 */
export interface AuthorizerSettings {
  /** Claims that the back end receives in `$context.authorizer`. May be empty.
   * @default ['sub', 'username', 'client_id', 'scope', 'groups'] */
  readonly contextClaims?: readonly string[];

  /** For all I/O of one call together: 100 ms to 25 s, and to 9 s for an HTTP API, which waits 10 s.
   * The function's timeout is a second more. @default Duration.seconds(4) */
  readonly deadline?: Duration;

  /** Whether every Allow ends with the token, and so does not outlive it by the result TTL. Needs an API that
   * understands the condition: `gatepost doctor` asks it (docs/doctor.md). @default false */
  readonly expiryCondition?: boolean;

  /** `explicit` denies whatever no document allows, for an API with a resource policy, which could
   * turn an implicit deny into an Allow; beside one that is seen here it must be. Doubles the size of
   * answers. @default 'implicit' */
  readonly implicitDeny?: 'explicit' | 'implicit';

  /** The age at which a key dies even when the issuer is down: `jwksTtl` to 7 days.
   * @default Duration.days(1) */
  readonly jwksMaxStale?: Duration;

  /** The age at which keys are fetched again: 60 s to 1 day. @default Duration.hours(1) */
  readonly jwksTtl?: Duration;

  /** The clock skew that is tolerated: 0 to 300 s. @default Duration.seconds(0) */
  readonly leeway?: Duration;

  /** How many of a hundred calls that got a policy are written to the log: 1 to 100. All others are.
   * @default 100 */
  readonly logSamplePercent?: number;

  /** The budget of one answer: 1,024 to 6,000,000 bytes. Over it the call fails; nothing is cut.
   * @default 8192 */
  readonly maxPolicyBytes?: number;

  /** How long documents that were read are answered from: 0 to 1 hour. @default Duration.seconds(30) */
  readonly policyTtl?: Duration;

  /** Whether the caller's revocation rows are read with every call, as `gatepost revoke` needs it.
   * @default false */
  readonly revocation?: boolean;

  /** How long a session that was read is answered from, and so how long after a logout it goes on,
   * besides the result TTL: 0 to 300 s. For a `session:` token source. @default Duration.seconds(30) */
  readonly sessionTtl?: Duration;

  /** Whose documents count, of what a token names. `client` and `scope` count for tokens of client
   * credentials only. @default ['group'] */
  readonly subjects?: readonly ('client' | 'group' | 'scope' | 'user')[];

  /** How the table is laid out (docs/reference/table.md). `aws-sample` is the layout of AWS's own sample:
   * groups only, no revocations. @default 'gatepost' */
  readonly tableLayout?: 'aws-sample' | 'gatepost';
}

/** A number among the settings: its default and its range, in the unit that the function reads. */
interface Range {
  readonly initial: number;
  readonly least: number;
  readonly most: number;
}

/** The function's defaults and limits. A test compares them with `crates/authorizer/src/config.rs`. */
export const RANGES = {
  GATEPOST_DEADLINE_MS: { initial: 4_000, least: 100, most: 25_000 },
  GATEPOST_JWKS_MAX_STALE_SECONDS: { initial: 86_400, least: 60, most: 604_800 },
  GATEPOST_JWKS_TTL_SECONDS: { initial: 3_600, least: 60, most: 86_400 },
  GATEPOST_LEEWAY_SECONDS: { initial: 0, least: 0, most: 300 },
  GATEPOST_LOG_SAMPLE_PERCENT: { initial: 100, least: 1, most: 100 },
  GATEPOST_MAX_POLICY_BYTES: { initial: 8_192, least: 1_024, most: 6_000_000 },
  GATEPOST_POLICY_TTL_SECONDS: { initial: 30, least: 0, most: 3_600 },
  GATEPOST_SESSION_TTL_SECONDS: { initial: 30, least: 0, most: 300 },
} as const satisfies Record<string, Range>;

/** HTTP APIs wait 10 s for an authorizer; the function needs the last of them to say that it failed. */
const MAX_HTTP_DEADLINE_MS = 9_000;

/** The numbers that other parts of a deployment follow from. */
export interface Timing {
  readonly deadlineMs: number;
  readonly jwksMaxStaleSeconds: number;
  readonly jwksTtlSeconds: number;
}

export function timing(settings: AuthorizerSettings): Timing {
  return {
    deadlineMs: settings.deadline?.toMilliseconds() ?? RANGES.GATEPOST_DEADLINE_MS.initial,
    jwksMaxStaleSeconds: settings.jwksMaxStale?.toSeconds() ?? RANGES.GATEPOST_JWKS_MAX_STALE_SECONDS.initial,
    jwksTtlSeconds: settings.jwksTtl?.toSeconds() ?? RANGES.GATEPOST_JWKS_TTL_SECONDS.initial,
  };
}

/** The names of the tables that the function reads. */
export interface Tables {
  readonly policies: string;
  readonly sessions?: string;
}

/**
 * The function's environment. What decides how API Gateway must be set up is always written, the rest
 * where it was given.
 *
 * @throws With every fault that the function itself would refuse to start with.
 */
export function environment(
  settings: AuthorizerSettings,
  issuers: readonly [Issuer, ...Issuer[]],
  tables: Tables,
  agreement: Agreement,
  kind: 'rest' | 'http' | 'websocket',
  toJson: (value: unknown) => string,
): Record<string, string> {
  const given: Record<string, string | undefined> = {
    GATEPOST_CONTEXT_CLAIMS: settings.contextClaims?.join(','),
    GATEPOST_CSRF_HEADER: agreement.csrfHeader,
    GATEPOST_DEADLINE_MS: settings.deadline?.toMilliseconds().toString(),
    GATEPOST_EXPIRY_CONDITION: onOrOff(settings.expiryCondition),
    GATEPOST_IMPLICIT_DENY: settings.implicitDeny,
    GATEPOST_ISSUERS: toJson(issuers.map(issuerJson)),
    GATEPOST_JWKS_MAX_STALE_SECONDS: settings.jwksMaxStale?.toSeconds().toString(),
    GATEPOST_JWKS_TTL_SECONDS: settings.jwksTtl?.toSeconds().toString(),
    GATEPOST_LEEWAY_SECONDS: settings.leeway?.toSeconds().toString(),
    GATEPOST_LOG_SAMPLE_PERCENT: settings.logSamplePercent?.toString(),
    GATEPOST_MAX_POLICY_BYTES: settings.maxPolicyBytes?.toString(),
    GATEPOST_POLICY_TABLE: tables.policies,
    GATEPOST_POLICY_TTL_SECONDS: settings.policyTtl?.toSeconds().toString(),
    GATEPOST_RESPONSE: agreement.response,
    GATEPOST_REVOCATION: onOrOff(settings.revocation),
    GATEPOST_SCOPE: agreement.scope,
    GATEPOST_SESSION_TABLE: tables.sessions,
    GATEPOST_SESSION_TTL_SECONDS: settings.sessionTtl?.toSeconds().toString(),
    GATEPOST_SUBJECTS: settings.subjects?.join(','),
    GATEPOST_TABLE_LAYOUT: settings.tableLayout,
    GATEPOST_TOKEN_SOURCES: agreement.tokenSources.join(','),
    GATEPOST_USAGE_IDENTIFIER_KEY: agreement.usageIdentifierKey ? 'on' : undefined,
  };
  const faults = [
    ...rangeFaults(given), ...combinationFaults(settings, issuers, kind), ...sessionFaults(settings, agreement, tables),
  ];
  if (faults.length > 0) {
    throw new Error(`Gatepost: ${faults.join('; ')}`);
  }
  return Object.fromEntries(
    Object.entries(given).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

function onOrOff(value: boolean | undefined): string | undefined {
  return value === undefined ? undefined : value ? 'on' : 'off';
}

function rangeFaults(given: Record<string, string | undefined>): string[] {
  return Object.entries(RANGES).flatMap(([name, { least, most }]) => {
    const text = given[name];
    const number = Number(text);
    const isRight = text === undefined || (Number.isInteger(number) && number >= least && number <= most);
    return isRight ? [] : [`${name} is ${text}, but must be a whole number from ${least} to ${most}`];
  });
}

function sessionFaults(settings: AuthorizerSettings, { tokenSources }: Agreement, tables: Tables): string[] {
  const cookies = (kind: string) => tokenSources.flatMap((source) => (source.startsWith(kind) ? [source.slice(kind.length)] : []));
  const sessions = cookies('session:');
  const both = cookies('cookie:').filter((name) => sessions.includes(name));
  const isRead = sessions.length > 0;
  const rules: [boolean, string][] = [
    [isRead && tables.sessions === undefined, 'a `session:` token source needs `sessions`, the table of the sessions'],
    [!isRead && tables.sessions !== undefined, '`sessions` is the table of a `session:` token source, and there is none'],
    [!isRead && settings.sessionTtl !== undefined, '`sessionTtl` is about a `session:` token source, and there is none'],
    [both.length > 0, `the cookie \`${both[0]}\` cannot hold a token and the id of a session`],
  ];
  return rules.flatMap(([isFault, message]) => (isFault ? [message] : []));
}

function combinationFaults(
  settings: AuthorizerSettings,
  issuers: readonly Issuer[],
  kind: 'rest' | 'http' | 'websocket',
): string[] {
  const { deadlineMs, jwksMaxStaleSeconds, jwksTtlSeconds } = timing(settings);
  const isSample = settings.tableLayout === 'aws-sample';
  const subjects = settings.subjects ?? ['group'];
  const rules: [boolean, string][] = [
    [issuers.length === 0, '`issuers` is empty: nobody could get in'],
    [issuers.some((issuer) => issuer.audience.length === 0), 'an issuer has an empty `audience`: nobody could get in'],
    [jwksMaxStaleSeconds < jwksTtlSeconds, '`jwksMaxStale` is less than `jwksTtl`'],
    [subjects.length === 0, '`subjects` is empty: no document would count'],
    [
      isSample && subjects.join() !== 'group',
      "`subjects` must be ['group'] with the table layout `aws-sample`, which has no other rows",
    ],
    [
      isSample && settings.revocation === true,
      '`revocation` must be false with the table layout `aws-sample`, which has no other rows',
    ],
    [
      kind === 'http' && deadlineMs > MAX_HTTP_DEADLINE_MS,
      `\`deadline\` is ${deadlineMs} ms; an HTTP API waits 10 s for its authorizer, so ${MAX_HTTP_DEADLINE_MS} ms is the most`,
    ],
  ];
  return rules.flatMap(([isBroken, message]) => (isBroken ? [message] : []));
}
