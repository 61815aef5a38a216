import { type Duration, type aws_apigateway as rest, type aws_apigatewayv2 as v2 } from 'aws-cdk-lib';
import { CSRF_HEADER, identitySources, readsCookies, type TokenSources } from './token-source.js';

/**
 * The API to be guarded, where its requests carry tokens, and how long its answers are kept.
 *
 * From this one value come the authorizer's identity sources and result TTL in API Gateway, and the
 * function's `GATEPOST_TOKEN_SOURCES`, `GATEPOST_CSRF_HEADER`, `GATEPOST_SCOPE` and `GATEPOST_RESPONSE`,
 * so that the two cannot disagree.
 */
export type FrontDoor = RestFrontDoor | HttpFrontDoor | WebSocketFrontDoor;

/** A REST API. Its authorizer is of the type REQUEST. */
export interface RestFrontDoor {
  /** Which of the front doors this is. */
  readonly kind: 'rest';

  /**
   * The API, of this app or imported. An imported one must be deployed by its owner before the
   * authorizer is in force.
   */
  readonly api: rest.IRestApi;

  /** What an answer is about, and how long it is kept. @default - the whole API, for 300 s */
  readonly answers?: WholeApi | CalledMethod;

  /** Where tokens are. With a result TTL there can be one place only. @default ['header:Authorization'] */
  readonly tokenSources?: TokenSources;

  /**
   * Whether answers name the API key of the caller's usage plan, from `usage_identifier_key` in the
   * caller's row (`GATEPOST_USAGE_IDENTIFIER_KEY`). The API must have `apiKeySourceType: AUTHORIZER`.
   *
   * @default false
   */
  readonly usageIdentifierKey?: boolean;
}

/** An HTTP API. Events are of the payload format 2.0. */
export interface HttpFrontDoor {
  /** Which of the front doors this is. */
  readonly kind: 'http';

  /** The API, of this app or imported. */
  readonly api: v2.IHttpApi;

  /** What an answer is about, and how long it is kept. @default - the whole API, for 300 s */
  readonly answers?: WholeApi | CalledMethod | SimpleAnswer;

  /** Where tokens are. With a result TTL there can be one place only. @default ['header:Authorization'] */
  readonly tokenSources?: TokenSources;
}

/** A WebSocket API. It asks once, at `$connect`, and the answer holds as long as the connection. */
export interface WebSocketFrontDoor {
  /** Which of the front doors this is. */
  readonly kind: 'websocket';

  /** The API, of this app or imported. */
  readonly api: v2.IWebSocketApi;

  /** Where tokens are. Browsers cannot set a header here. @default ['query:token'] */
  readonly tokenSources?: TokenSources;
}

/** A policy that is right for every method of the API (`GATEPOST_SCOPE=api`), and can be kept. */
export interface WholeApi {
  /** What the answer is about. */
  readonly scope: 'api';

  /**
   * How long API Gateway keeps an answer: 0 to 3600 s. So much longer an expired token, a revocation
   * or a change of a policy goes unnoticed.
   *
   * @default Duration.seconds(300)
   */
  readonly resultTtl?: Duration;
  readonly response?: never;
}

/**
 * A policy about the called method only (`GATEPOST_SCOPE=method`). Kept for another method it would
 * be wrong there, so that it is never kept: the result TTL is 0, and nothing else can be written.
 */
export interface CalledMethod {
  /** What the answer is about. */
  readonly scope: 'method';
  readonly response?: never;
  readonly resultTtl?: never;
}

/**
 * Yes or no about the called method (`GATEPOST_RESPONSE=simple`). Only HTTP APIs understand it, and it
 * is never kept: one kept yes would open every route.
 */
export interface SimpleAnswer {
  /** What the answer is about. */
  readonly scope: 'method';
  /** That the answer is no policy. */
  readonly response: 'simple';
  readonly resultTtl?: never;
}

/** What both sides, API Gateway and the function, are told about a front door. */
export interface Agreement {
  /** The header without which a token from a cookie does not count. */
  readonly csrfHeader?: string;
  readonly identitySources: string[];
  /** Seconds, 0 for never kept. */
  readonly resultTtlSeconds: number;
  readonly response: 'policy' | 'simple';
  readonly scope: 'api' | 'method';
  readonly tokenSources: TokenSources;
  readonly usageIdentifierKey: boolean;
}

/** Of API Gateway's own range: https://docs.aws.amazon.com/apigateway/latest/api/API_CreateAuthorizer.html */
const MAX_RESULT_TTL_SECONDS = 3_600;
const DEFAULT_RESULT_TTL_SECONDS = 300;

/**
 * Works out what both sides are told.
 *
 * @throws For combinations that would answer wrongly. Most do not compile; these checks are for
 * callers without types, and for what types cannot say.
 */
export function agree(door: FrontDoor): Agreement {
  const tokenSources = door.tokenSources ?? (door.kind === 'websocket' ? ['query:token'] : ['header:Authorization']);
  const answers: WholeApi | CalledMethod | SimpleAnswer =
    (door.kind === 'websocket' ? undefined : door.answers) ?? { scope: 'api' };
  const response = answers.response ?? 'policy';
  if (response === 'simple' && door.kind !== 'http') {
    throw new Error(
      'Gatepost: a simple answer is understood by HTTP APIs only; a REST or WebSocket API needs a policy: leave `response` out',
    );
  }
  if (response === 'simple' && answers.scope !== 'method') {
    throw new Error("Gatepost: a simple answer is about the called method only: it needs `scope: 'method'`");
  }
  const resultTtlSeconds = ttlSeconds(door, answers);
  // At `$connect` a browser cannot send a header; its answers are not kept.
  const csrfHeader = door.kind !== 'websocket' && readsCookies(tokenSources) ? CSRF_HEADER : undefined;
  const places = identitySources(PREFIX[door.kind], tokenSources);
  if (resultTtlSeconds > 0 && places.length > 1) {
    throw new Error(
      `Gatepost: with a result TTL, API Gateway asks for all of ${places.join(', ')} in every request, ` +
        'and answers 401 if one is missing. Use one token source, or `resultTtl: Duration.seconds(0)`, or an authorizer for each',
    );
  }
  return {
    ...(csrfHeader !== undefined && { csrfHeader }),
    // With several sources none can be demanded; a WebSocket API has no cache, but demands them too.
    identitySources: places.length > 1 ? [] : identitySources(PREFIX[door.kind], tokenSources, csrfHeader),
    resultTtlSeconds,
    response,
    scope: answers.scope,
    tokenSources,
    usageIdentifierKey: door.kind === 'rest' && (door.usageIdentifierKey ?? false),
  };
}

const PREFIX = { rest: 'method.request', http: '$request', websocket: 'route.request' } as const;

function ttlSeconds(
  door: FrontDoor,
  answers: { readonly scope: 'api' | 'method'; readonly resultTtl?: Duration },
): number {
  if (door.kind === 'websocket') return 0;
  const seconds = answers.resultTtl?.toSeconds();
  if (answers.scope === 'method') {
    if (seconds !== undefined && seconds > 0) {
      throw new Error(
        `Gatepost: an answer about one method (GATEPOST_SCOPE=method) cannot be kept for ${seconds} s: API Gateway ` +
          "would use it for other methods too. Leave `resultTtl` out, or use `scope: 'api'`",
      );
    }
    return 0;
  }
  const ttl = seconds ?? DEFAULT_RESULT_TTL_SECONDS;
  if (ttl > MAX_RESULT_TTL_SECONDS) {
    throw new Error(`Gatepost: \`resultTtl\` is ${ttl} s; API Gateway keeps answers for ${MAX_RESULT_TTL_SECONDS} s at most`);
  }
  return ttl;
}
