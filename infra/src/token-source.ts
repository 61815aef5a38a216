/**
 * A place where a token may stand in a request: an entry of `GATEPOST_TOKEN_SOURCES`.
 *
 * - `header:NAME`: a header. In `Authorization` the token follows the scheme `Bearer`.
 * - `cookie:NAME`: a cookie; its name is case-sensitive.
 * - `query:NAME`: a parameter of the query string, for WebSocket clients that cannot set a header.
 *   Query strings end up in logs; prefer the others.
 */
export type TokenSource = `header:${string}` | `cookie:${string}` | `query:${string}`;

/** One source or more, in the order in which they are read. */
export type TokenSources = readonly [TokenSource, ...TokenSource[]];

/** How a kind of API writes its identity sources. */
export type IdentitySourcePrefix = 'method.request' | '$request' | 'route.request';

/**
 * What API Gateway must key its cache by, and see in a request before it asks: the identity sources
 * that hold the tokens. A cookie cannot be picked out, so that its source is the whole `Cookie` header.
 * Without repetition, in the order of `sources`.
 */
export function identitySources(prefix: IdentitySourcePrefix, sources: TokenSources): string[] {
  return [...new Set(sources.map((source) => identitySource(prefix, source)))];
}

/** @throws If a source has another form, as it may where no compiler has looked. */
function identitySource(prefix: IdentitySourcePrefix, source: TokenSource): string {
  const [, kind, name] = /^(header|cookie|query):(.+)$/s.exec(source) ?? [];
  // RFC 9110 section 5.6.2: what header and cookie names are made of.
  const isHttpToken = name !== undefined && /^[A-Za-z0-9!#$%&'*+\-.^_`|~]+$/.test(name);
  if (kind === 'header' && isHttpToken) return `${prefix}.header.${name}`;
  if (kind === 'cookie' && isHttpToken) return `${prefix}.header.Cookie`;
  if (kind === 'query') return `${prefix}.querystring.${name}`;
  throw new Error(
    `Gatepost: \`${source}\` is no token source; write header:NAME, cookie:NAME or query:NAME`,
  );
}
