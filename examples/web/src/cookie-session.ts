import { safeNext } from './next.js';
import { type ApiRequest, type Identity, type Session, SignOutFailure } from './session.js';
import type { Settings } from './settings.js';

/** What `/auth/me` and `/auth/refresh` answer when somebody has signed in. */
interface Me {
  readonly sub: string;
  readonly username: string;
  readonly groups: readonly string[];
  /** Seconds since 1970. */
  readonly expires_at: number;
  readonly csrf_token: string;
}

/** What they answer otherwise. The token is there if the session can be brought back with it. */
interface Nobody {
  readonly csrf_token?: string;
}

/**
 * The token is in a cookie that no script can read. What a script has is the CSRF token: without it, calls that
 * other sites have forged would count, since browsers add cookies to those too.
 */
export class CookieSession implements Session {
  private csrfToken: string | undefined;

  constructor(private readonly settings: Settings, private readonly window: Window) {}

  async load(): Promise<Identity | null> {
    const who = await this.read(await fetch('/auth/me'));
    // The token has ended while no page was there to renew it, but the session has not.
    return who === null && this.csrfToken !== undefined ? this.renew() : who;
  }

  async signIn(next: string): Promise<void> {
    this.window.location.assign(`/auth/login?next=${encodeURIComponent(safeNext(next))}`);
  }

  async signOut(): Promise<void> {
    const post = () => fetch('/auth/logout', { method: 'POST', headers: this.headers() });
    const response = await this.twice(post);
    // Nobody is signed in any more: another tab was quicker.
    if (response.status === 401) return this.window.location.assign('/');
    const { location, message } = await response.json() as { location?: string; message?: string };
    if (location === undefined) throw new SignOutFailure(message);
    this.window.location.assign(location);
  }

  async renew(): Promise<Identity | null> {
    return this.read(await fetch('/auth/refresh', { method: 'POST', headers: this.headers() }));
  }

  call({ method, path }: ApiRequest): Promise<Response> {
    return this.twice(() => fetch(this.settings.api + path, { method, headers: this.headers() }));
  }

  /** Another tab may have renewed the cookie, and the CSRF token with it: who is refused asks for it, once. */
  private async twice(send: () => Promise<Response>): Promise<Response> {
    const response = await send();
    if (response.status !== 401 || this.csrfToken === undefined) return response;
    return (await this.load()) === null ? response : send();
  }

  private async read(response: Response): Promise<Identity | null> {
    if (response.status === 401) {
      this.csrfToken = (await response.json() as Nobody).csrf_token;
      return null;
    }
    if (!response.ok) throw new Error(`the session function answered ${response.status}`);
    const me = await response.json() as Me;
    this.csrfToken = me.csrf_token;
    return { username: me.username, sub: me.sub, groups: me.groups, expiresAt: me.expires_at * 1_000 };
  }

  private headers(): Record<string, string> {
    return this.csrfToken === undefined ? {} : { 'X-CSRF-Token': this.csrfToken };
  }
}
