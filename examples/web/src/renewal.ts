/** So long before its end a token is renewed, so that no call meets its last second. */
const AHEAD_MS = 60_000;

/** So long until the next try when nobody has answered. */
const RETRY_MS = 15_000;

/** How long to wait before a renewal: a minute before the end, or a quarter of what is left of shorter lives. */
export function renewalDelay(expiresAt: number, now: number): number {
  const left = expiresAt - now;
  return Math.max(0, left - Math.min(AHEAD_MS, left / 4));
}

/**
 * Renews again and again, as long as the session lasts. `renew` returns the new end, or null when it is over;
 * when it throws, it is tried again.
 */
export class Renewal {
  private timer: ReturnType<typeof setTimeout> | undefined;
  private due = 0;

  constructor(private readonly renew: () => Promise<number | null>) {}

  /** `expiresAt`: milliseconds since 1970. */
  start(expiresAt: number): void {
    this.wait(renewalDelay(expiresAt, Date.now()));
  }

  stop(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  /** Timers stand still while a computer sleeps: for when it wakes up. */
  wake(): void {
    if (this.timer !== undefined && Date.now() >= this.due) this.wait(0);
  }

  private wait(delay: number): void {
    clearTimeout(this.timer);
    this.due = Date.now() + delay;
    this.timer = setTimeout(() => void this.now(), delay);
  }

  private async now(): Promise<void> {
    try {
      const expiresAt = await this.renew();
      if (expiresAt === null) this.stop();
      else this.start(expiresAt);
    } catch {
      this.wait(RETRY_MS);
    }
  }
}
