import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { lifetime } from '../../src/lifetime.js';
import { Renewal, renewalDelay } from '../../src/renewal.js';

const MINUTE = 60_000;

beforeEach(() => { vi.useFakeTimers({ now: 0 }); });
afterEach(() => { vi.useRealTimers(); });

test.each([[60 * MINUTE, 59 * MINUTE], [5 * MINUTE, 4 * MINUTE], [2 * MINUTE, 1.5 * MINUTE], [0, 0], [-MINUTE, 0]])('a life of %i ms is renewed after %i ms', (life, delay) => {
  expect(renewalDelay(life, 0)).toBe(delay);
});

test('each renewal leads to the next', async () => {
  const renew = vi.fn(async () => Date.now() + 60 * MINUTE);
  new Renewal(renew).start(60 * MINUTE);
  await vi.advanceTimersByTimeAsync(3 * 59 * MINUTE);
  expect(renew).toHaveBeenCalledTimes(3);
});

test('a session that is over is not renewed again', async () => {
  const renew = vi.fn(async () => null);
  new Renewal(renew).start(60 * MINUTE);
  await vi.advanceTimersByTimeAsync(300 * MINUTE);
  expect(renew).toHaveBeenCalledTimes(1);
});

test('what fails is tried again', async () => {
  const renew = vi.fn(async (): Promise<number | null> => Date.now() + 60 * MINUTE);
  renew.mockRejectedValueOnce(new TypeError('Failed to fetch'));
  new Renewal(renew).start(60 * MINUTE);
  await vi.advanceTimersByTimeAsync(59 * MINUTE + 15_000);
  expect(renew).toHaveBeenCalledTimes(2);
});

test('a computer that wakes up too late renews at once, and one that wakes up early does not', async () => {
  const renew = vi.fn(async () => Date.now() + 60 * MINUTE);
  const renewal = new Renewal(renew);
  renewal.start(60 * MINUTE);
  renewal.wake();
  await vi.advanceTimersByTimeAsync(0);
  expect(renew).not.toHaveBeenCalled();
  vi.setSystemTime(120 * MINUTE);
  renewal.wake();
  await vi.advanceTimersByTimeAsync(0);
  expect(renew).toHaveBeenCalledTimes(1);
});

test('after signing out nothing is renewed', async () => {
  const renew = vi.fn(async () => null);
  const renewal = new Renewal(renew);
  renewal.start(60 * MINUTE);
  renewal.stop();
  renewal.wake();
  await vi.advanceTimersByTimeAsync(120 * MINUTE);
  expect(renew).not.toHaveBeenCalled();
});

test.each([[3_600_000, '60 min'], [121_000, '2 min'], [120_000, '120 s'], [900, '1 s'], [-5_000, '0 s']])('%i ms are %s', (left, words) => {
  expect(lifetime(left, 0)).toBe(words);
});
