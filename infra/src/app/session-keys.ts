import { createHmac, randomBytes } from 'node:crypto';

/** A key of the session function, 32 bytes in base64url. */
export interface SessionKey {
  readonly id: string;
  readonly key: string;
}

/** What a rotation changes. */
export interface Rotation {
  /** The new one first, and with it the one before. */
  readonly keys: readonly SessionKey[];
  /** The entries of the KeyValueStore that there are to be. */
  readonly put: readonly { readonly Key: string; readonly Value: string }[];
  /** Those that are to go, last of all. */
  readonly removed: readonly string[];
}

/** How many keys are good at once: one to make cookies with, and one of which there still are some. */
const KEPT = 2;

/**
 * The keys in a secret.
 *
 * @throws If the secret is of another form, without saying what is in it.
 */
export function readKeys(secret: string): SessionKey[] {
  let value: unknown;
  try {
    value = JSON.parse(secret);
  } catch {
    throw new Error('the secret is not JSON');
  }
  const isKey = (entry: unknown): entry is SessionKey =>
    typeof entry === 'object' && entry !== null
    && 'id' in entry && typeof entry.id === 'string' && /^[A-Za-z0-9._-]{1,64}$/.test(entry.id)
    && 'key' in entry && typeof entry.key === 'string' && /^[A-Za-z0-9_-]{43}$/.test(entry.key);
  if (!Array.isArray(value) || !value.every(isKey)) {
    throw new Error('the secret is no list of {"id", "key"} with keys of 32 bytes in base64url');
  }
  return value;
}

/** Puts a new key in front of the current ones. `stored` are the names of all entries at the edge. */
export function rotate(current: readonly SessionKey[], stored: readonly string[], now: Date, random: Buffer = randomBytes(32)): Rotation {
  const id = now.toISOString().replace(/[-:]|\.\d+/g, '');
  if (current.some((key) => key.id === id)) throw new Error(`there is a key ${id} already, of this very second`);
  const keys = [{ id, key: random.toString('base64url') }, ...current].slice(0, KEPT);
  const put = keys.map((key) => ({ Key: `key:${key.id}`, Value: pageKey(key) }));
  const removed = stored.filter((name) => name.startsWith('key:') && !put.some((entry) => entry.Key === name));
  return { keys, put, removed };
}

/** The key of page passes, which is all that the edge learns of a session key. */
function pageKey({ key }: SessionKey): string {
  return createHmac('sha256', Buffer.from(key, 'base64url')).update('gatepost-page-key-v1').digest('base64url');
}
