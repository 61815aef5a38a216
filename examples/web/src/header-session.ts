import * as oauth from 'oauth4webapi';
import { safeNext } from './next.js';
import { type ApiRequest, type Identity, type Session, SignInFailure } from './session.js';
import type { Settings } from './settings.js';

/** What is kept for as long as the tab is open. Scripts of this origin can read it: docs/browser.md. */
interface Tokens {
  readonly access: string;
  readonly refresh?: string;
  readonly identity: Identity;
}

/** A sign-in under way. */
interface Attempt {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
  readonly next: string;
}

const TOKENS = 'gatepost.tokens';
const ATTEMPT = 'gatepost.sign-in';

/** Authorization code with PKCE; the access token goes along in the header `Authorization`. */
export class HeaderSession implements Session {
  private readonly client: oauth.Client;
  private readonly options: { [oauth.allowInsecureRequests]?: true };
  private found: Promise<oauth.AuthorizationServer> | undefined;

  constructor(
    private readonly settings: Settings,
    private readonly window: Window,
    private readonly store: Storage = window.sessionStorage,
  ) {
    this.client = { client_id: settings.clientId };
    // Without TLS only on this machine, where `gatepost dev` is.
    this.options = /^http:\/\/(127\.0\.0\.1|localhost|\[::1\])(:\d+)?(\/|$)/.test(settings.issuer) ? { [oauth.allowInsecureRequests]: true } : {};
  }

  async load(): Promise<Identity | null> {
    const url = new URL(this.window.location.href);
    if (url.searchParams.has('code') || url.searchParams.has('error')) await this.finish(url);
    const tokens = this.read<Tokens>(TOKENS);
    if (tokens === null) return null;
    return tokens.identity.expiresAt > Date.now() ? tokens.identity : this.renew();
  }

  async signIn(next: string): Promise<void> {
    const server = await this.server();
    const attempt: Attempt = {
      state: oauth.generateRandomState(), nonce: oauth.generateRandomNonce(), verifier: oauth.generateRandomCodeVerifier(), next: safeNext(next),
    };
    this.write(ATTEMPT, attempt);
    const url = new URL(server.authorization_endpoint!);
    url.search = new URLSearchParams({
      client_id: this.client.client_id,
      response_type: 'code',
      redirect_uri: this.home(),
      scope: 'openid email',
      state: attempt.state,
      nonce: attempt.nonce,
      code_challenge: await oauth.calculatePKCECodeChallenge(attempt.verifier),
      code_challenge_method: 'S256',
    }).toString();
    this.window.location.assign(url.href);
  }

  async signOut(): Promise<void> {
    const tokens = this.read<Tokens>(TOKENS);
    this.store.removeItem(TOKENS);
    const server = await this.server();
    if (tokens?.refresh !== undefined && server.revocation_endpoint !== undefined) {
      // The tab forgets the token whether or not the issuer hears of it.
      await oauth.revocationRequest(server, this.client, oauth.None(), tokens.refresh, this.options).catch(() => undefined);
    }
    if (server.end_session_endpoint === undefined) return this.window.location.assign('/');
    const url = new URL(server.end_session_endpoint);
    url.search = new URLSearchParams({ client_id: this.client.client_id, logout_uri: this.home() }).toString();
    this.window.location.assign(url.href);
  }

  async renew(): Promise<Identity | null> {
    const tokens = this.read<Tokens>(TOKENS);
    if (tokens?.refresh === undefined) return this.end();
    const server = await this.server();
    const response = await oauth.refreshTokenGrantRequest(server, this.client, oauth.None(), tokens.refresh, this.options);
    try {
      return this.keep(await oauth.processRefreshTokenResponse(server, this.client, response), tokens.refresh);
    } catch (error) {
      if (error instanceof oauth.ResponseBodyError && error.error === 'invalid_grant') return this.end();
      throw error;
    }
  }

  call({ method, path }: ApiRequest): Promise<Response> {
    const tokens = this.read<Tokens>(TOKENS);
    const headers: Record<string, string> = tokens === null ? {} : { Authorization: `Bearer ${tokens.access}` };
    return fetch(this.settings.api + path, { method, headers, credentials: 'omit' });
  }

  /** Exchanges the code in the address, which is good once, and takes it out of there first. */
  private async finish(url: URL): Promise<void> {
    const attempt = this.read<Attempt>(ATTEMPT);
    this.store.removeItem(ATTEMPT);
    this.window.history.replaceState(null, '', url.pathname);
    if (url.searchParams.get('error') === 'access_denied') throw new SignInFailure('You came back without signing in.');
    if (attempt === null) throw new SignInFailure('That answer belongs to no sign-in of this tab. Please sign in again.');
    try {
      const server = await this.server();
      const answer = oauth.validateAuthResponse(server, this.client, url, attempt.state);
      const response = await oauth.authorizationCodeGrantRequest(
        server, this.client, oauth.None(), answer, this.home(), attempt.verifier, this.options,
      );
      this.keep(await oauth.processAuthorizationCodeResponse(server, this.client, response, { expectedNonce: attempt.nonce, requireIdToken: true }));
    } catch (error) {
      // The library's reasons name parameters, never their values.
      throw new SignInFailure(`Signing in did not work (${error instanceof Error ? error.message : 'unknown'}). Please try again.`);
    }
    if (attempt.next !== '/') this.window.location.replace(attempt.next);
  }

  private keep(response: oauth.TokenEndpointResponse, refresh?: string): Identity {
    const claims = oauth.getValidatedIdTokenClaims(response);
    const before = this.read<Tokens>(TOKENS)?.identity;
    const identity: Identity = {
      sub: claims?.sub ?? before?.sub ?? '',
      username: text(claims?.['cognito:username']) ?? text(claims?.['preferred_username']) ?? before?.username ?? claims?.sub ?? '',
      groups: texts(claims?.['cognito:groups']) ?? (claims ? [] : before?.groups ?? []),
      expiresAt: Date.now() + (response.expires_in ?? 0) * 1_000,
    };
    // With rotation there is a new refresh token; without, the old one stays good.
    const kept = response.refresh_token ?? refresh;
    this.write(TOKENS, { access: response.access_token, identity, ...(kept !== undefined && { refresh: kept }) } satisfies Tokens);
    return identity;
  }

  private end(): null {
    this.store.removeItem(TOKENS);
    return null;
  }

  private server(): Promise<oauth.AuthorizationServer> {
    const issuer = new URL(this.settings.issuer);
    this.found ??= oauth.discoveryRequest(issuer, { algorithm: 'oidc', ...this.options })
      .then((response) => oauth.processDiscoveryResponse(new URL(this.settings.issuer), response));
    this.found.catch(() => { this.found = undefined; });
    return this.found;
  }

  /** Where codes are sent, and people who have signed out. */
  private home(): string {
    return `${this.window.location.origin}/`;
  }

  private read<T>(name: string): T | null {
    const value = this.store.getItem(name);
    return value === null ? null : JSON.parse(value) as T;
  }

  private write(name: string, value: object): void {
    this.store.setItem(name, JSON.stringify(value));
  }
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function texts(value: unknown): string[] | undefined {
  return Array.isArray(value) ? value.filter((entry): entry is string => typeof entry === 'string') : undefined;
}
