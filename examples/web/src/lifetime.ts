/** `59 min`, and `45 s` within the last two minutes. */
export function lifetime(expiresAt: number, now: number): string {
  const seconds = Math.max(0, Math.round((expiresAt - now) / 1_000));
  return seconds > 120 ? `${Math.round(seconds / 60)} min` : `${seconds} s`;
}
