import type { aws_cognito as cognito } from 'aws-cdk-lib';

/** Whose tokens are accepted, and what they must say: an element of `GATEPOST_ISSUERS`. */
export interface Issuer {
  /** The `iss` claim, compared character by character. */
  readonly issuer: string;

  /** Client ids, or identifiers of APIs: the `client_id` or `aud` of tokens. */
  readonly audience: readonly [string, ...string[]];

  /** Where the keys are. @default - `{issuer}/.well-known/jwks.json` */
  readonly jwksUri?: string;

  /** The keys themselves, a JWK set. Without `jwksUri` nothing is ever fetched; beside it they are those
   * that a new function begins with. @default - fetched from `jwksUri` */
  readonly jwks?: object;

  /** What tokens must be for: calling APIs (access tokens), or telling a client who signed in (ID tokens).
   * @default - `['access']`; with the profile `unmarked-id` it is `['id']` */
  readonly tokenUse?: readonly ('access' | 'id')[];

  /** How tokens say what they are for. `marked`: by the claim `token_use`, as those of Cognito do, or the
   * type `at+jwt`. `rfc9068`: access tokens have that type and the claims of RFC 9068, all others are ID
   * tokens. `unmarked-access` and `unmarked-id`: as `marked`, and what has neither mark is the one or the
   * other. With `unmarked-access` the audience alone tells the two apart: list identifiers of APIs and no
   * client ids. @default 'marked' */
  readonly tokenProfile?: 'marked' | 'rfc9068' | 'unmarked-access' | 'unmarked-id';

  /** Claims that must be there, each with the values that will do. A claim that is a list must have one of
   * them in it. @default - none */
  readonly requiredClaims?: Readonly<Record<string, readonly (string | number | boolean)[]>>;

  /** The claim that lists the groups. @default 'cognito:groups' */
  readonly groupsClaim?: string;

  /** Put before every group, user, client and scope, to keep issuers apart: 1 to 128 bytes. With `partner/`,
   * what the issuer calls `admin` is `group:partner/admin` in the table. @default - nothing */
  readonly subjectPrefix?: string;

  /** Signature algorithms that are accepted. @default ['RS256'] */
  readonly algorithms?: readonly ('RS256' | 'RS384' | 'RS512' | 'PS256' | 'PS384' | 'PS512' | 'ES256' | 'ES384' | 'EdDSA')[];
}

/**
 * Accepts the access tokens that a user pool, of this app or imported, issues to these clients.
 *
 * A pool that was switched to the issuer of several Regions (`issuer-cognito-idp.…`) has another `iss`;
 * for such a one write the `Issuer` out.
 */
export function userPoolIssuer(
  pool: cognito.IUserPool,
  clients: readonly [cognito.IUserPoolClient, ...cognito.IUserPoolClient[]],
): Issuer {
  const [first, ...others] = clients;
  return {
    issuer: `https://${pool.userPoolProviderName}`,
    audience: [first.userPoolClientId, ...others.map((client) => client.userPoolClientId)],
  };
}

/** The members of `GATEPOST_ISSUERS` by the names that the function knows them by. */
export const ISSUER_MEMBERS = {
  issuer: 'issuer',
  audience: 'audience',
  jwksUri: 'jwks_uri',
  jwks: 'jwks',
  tokenUse: 'token_use',
  tokenProfile: 'token_profile',
  requiredClaims: 'required_claims',
  groupsClaim: 'groups_claim',
  subjectPrefix: 'subject_prefix',
  algorithms: 'algorithms',
} as const satisfies Record<keyof Issuer, string>;

/** An issuer as the function reads it. */
export function issuerJson(issuer: Issuer): Record<string, unknown> {
  const members = Object.entries(ISSUER_MEMBERS) as [keyof Issuer, string][];
  return Object.fromEntries(members.flatMap(([member, name]) => {
    const value = issuer[member];
    return value === undefined ? [] : [[name, value]];
  }));
}

/** Whether keys of this issuer are fetched, and grow old. */
export function hasFetchedKeys(issuer: Issuer): boolean {
  return issuer.jwks === undefined || issuer.jwksUri !== undefined;
}
