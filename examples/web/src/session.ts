/** Who has signed in, for show: what somebody may do is decided by the API. */
export interface Identity {
  readonly username: string;
  readonly sub: string;
  readonly groups: readonly string[];
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

export interface ApiRequest {
  readonly method: string;
  readonly path: string;
}

/** What somebody who has signed in can do, whichever way their token takes. */
export interface Session {
  /** Who is there when the page opens. */
  load(): Promise<Identity | null>;
  /** Leaves the page; comes back to `next`. */
  signIn(next: string): Promise<void>;
  /**
   * Leaves the page.
   *
   * @throws SignOutFailure if the session could not be ended.
   */
  signOut(): Promise<void>;
  /**
   * A longer life; null when the session is over.
   *
   * @throws If it cannot be told whether it is.
   */
  renew(): Promise<Identity | null>;
  /** @throws TypeError if nobody answers. */
  call(request: ApiRequest): Promise<Response>;
}

/** A sign-in that did not come to its end, in words for the person who tried. */
export class SignInFailure extends Error {}

/** A sign-out that did not come to its end, in words for the person who tried. */
export class SignOutFailure extends Error {}
