/**
 * A place where a token may stand in a request: an entry of `GATEPOST_TOKEN_SOURCES`.
 *
 * - `header:NAME`: a header. In `Authorization` the token follows the scheme `Bearer`.
 * - `cookie:NAME`: a cookie; its name is case-sensitive.
 * - `session:NAME`: a cookie that holds the id of a session, in whose row the token is.
 * - `query:NAME`: a parameter of the query string, for WebSocket clients that cannot set a header.
 *   Query strings end up in logs; prefer the others.
 */
export type TokenSource = `header:${string}` | `cookie:${string}` | `session:${string}` | `query:${string}`;

/** One source or more, in the order in which they are read. */
export type TokenSources = readonly [TokenSource, ...TokenSource[]];

/**
 * What a page has to send beside a cookie, which the browser adds to requests of other origins' pages too:
 * a token that only pages of the cookie's own origin can know (docs/browser.md).
 */
export const CSRF_HEADER = 'X-CSRF-Token';

/** Whether a token may come from a cookie. */
export function readsCookies(sources: TokenSources): boolean {
  return sources.some((source) => /^(cookie|session):/.test(source));
}

/** How a kind of API writes its identity sources. */
export type IdentitySourcePrefix = 'method.request' | '$request' | 'route.request';

/**
 * What API Gateway must key its cache by, and see in a request before it asks: the identity sources
 * that hold the tokens. A cookie cannot be picked out, so that its source is the whole `Cookie` header.
 * Without repetition, in the order of `sources`; last comes the header against forged requests, if there
 * is one: answers kept by the cookie alone would be given to requests without it.
 */
export function identitySources(prefix: IdentitySourcePrefix, sources: TokenSources, csrfHeader?: string): string[] {
  const header = csrfHeader === undefined ? [] : [`${prefix}.header.${csrfHeader}`];
  return [...new Set([...sources.map((source) => identitySource(prefix, source)), ...header])];
}

/** @throws If a source has another form, as it may where no compiler has looked. */
function identitySource(prefix: IdentitySourcePrefix, source: TokenSource): string {
  const [, kind, name] = /^(header|cookie|session|query):(.+)$/s.exec(source) ?? [];
  // RFC 9110 section 5.6.2: what header and cookie names are made of.
  const isHttpToken = name !== undefined && /^[A-Za-z0-9!#$%&'*+\-.^_`|~]+$/.test(name);
  if (kind === 'header' && isHttpToken) return `${prefix}.header.${name}`;
  if ((kind === 'cookie' || kind === 'session') && isHttpToken) return `${prefix}.header.Cookie`;
  if (kind === 'query') return `${prefix}.querystring.${name}`;
  throw new Error(
    `Gatepost: \`${source}\` is no token source; write header:NAME, cookie:NAME, session:NAME or query:NAME`,
  );
}
