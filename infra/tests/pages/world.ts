import { createHmac } from 'node:crypto';
import { projectFile } from '../support.js';

/** A pass, as a case describes it: what it leaves out is as it should be. */
export interface Pass {
  readonly k?: string;
  readonly h?: string;
  /** Seconds from now; null for none. */
  readonly e?: number | null;
  readonly r?: unknown;
  /** In place of all of these. */
  readonly payload?: object;
  readonly json?: string;
  /** The id of another key. */
  readonly signedWith?: string;
  readonly signatureOf?: Pass;
  readonly derived?: false;
  readonly prefix?: string;
  /** A pattern in the finished cookie and what stands there instead; `next`: the character after it. */
  readonly edit?: readonly [string, string, 'next'?];
  readonly alphabet?: 'standard';
  /** So many characters more in the payload. */
  readonly filler?: number;
  readonly brackets?: number;
}

export interface Case {
  readonly description: string;
  readonly uri: string;
  readonly longer?: number;
  readonly repeat?: readonly [string, number];
  readonly host?: string;
  readonly query?: Record<string, { value: string; multiValue?: { value: string }[] }>;
  readonly longerQuery?: number;
  readonly pass?: Pass;
  readonly cookie?: string;
  readonly cookieName?: string;
  readonly twice?: true;
  /** In place of the usual entry; text as it is, null for none. */
  readonly config?: object | string | null;
  readonly want: {
    readonly page?: string; readonly length?: number; readonly login?: string; readonly location?: string; readonly home?: true; readonly status?: number;
  };
}

/** One call: the event of a viewer request, and what is in the KeyValueStore. */
export interface Call {
  readonly event: Event;
  readonly store: Record<string, string>;
}

/** https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/functions-event-structure.html */
interface Event {
  readonly version: '1.0';
  readonly context: Record<string, string>;
  readonly viewer: { readonly ip: string };
  readonly request: {
    readonly method: string;
    readonly uri: string;
    readonly querystring: NonNullable<Case['query']>;
    readonly headers: Record<string, { readonly value: string }>;
    readonly cookies: Record<string, { readonly value: string; readonly multiValue?: readonly { readonly value: string }[] }>;
  };
}

/** The time of all calls, in milliseconds: a second is not over. */
export const NOW = 1_780_000_000_250;

const SESSION_KEYS: Record<string, Buffer> = { new: Buffer.alloc(32, 1), old: Buffer.alloc(32, 2), gone: Buffer.alloc(32, 3), stranger: Buffer.alloc(32, 4) };

const CONFIG: object = JSON.parse(projectFile('infra/edge/site.json')).config;

export function casesOf(name: string): Case[] {
  return JSON.parse(projectFile(`infra/tests/pages/${name}.json`));
}

export function callOf(a: Case): Call {
  const cookie = a.pass === undefined ? a.cookie : cookieOf(a.pass);
  const query = structuredClone(a.query ?? {});
  for (const parameter of Object.values(query)) parameter.value += 'x'.repeat(a.longerQuery ?? 0);
  const [piece = '', times = 0] = a.repeat ?? [];
  return {
    event: {
      version: '1.0',
      context: { distributionDomainName: 'd111111abcdef8.cloudfront.net', distributionId: 'EDFDVBD6EXAMPLE', eventType: 'viewer-request', requestId: 'EXAMPLE' },
      viewer: { ip: '192.0.2.1' },
      request: {
        method: 'GET',
        uri: a.uri + 'x'.repeat(a.longer ?? 0) + piece.repeat(times),
        querystring: query,
        headers: { host: { value: a.host ?? 'www.example' }, accept: { value: 'text/html' } },
        cookies: {
          theme: { value: 'dark' },
          ...(cookie !== undefined && { [a.cookieName ?? '__Host-gatepost-pages']: { value: cookie, ...(a.twice && { multiValue: [{ value: cookie }, { value: cookie }] }) } }),
        },
      },
    },
    store: {
      ...(a.config !== null && { config: typeof a.config === 'string' ? a.config : JSON.stringify(a.config ?? CONFIG) }),
      'key:new': pageKey('new').toString('base64url'),
      'key:old': pageKey('old').toString('base64url'),
      'key:empty': '',
    },
  };
}

/** HMAC-SHA256(session key, "gatepost-page-key-v1"). */
function pageKey(id: string): Buffer {
  const key = SESSION_KEYS[id];
  return key === undefined ? Buffer.alloc(0) : createHmac('sha256', key).update('gatepost-page-key-v1').digest();
}

function cookieOf(pass: Pass): string {
  const payload = payloadOf(pass);
  const signed = pass.signatureOf ?? pass;
  const id = signed.signedWith ?? signed.k ?? 'new';
  const key = signed.derived === false ? SESSION_KEYS[id]! : pageKey(id);
  const signature = createHmac('sha256', key)
    .update((signed.prefix ?? 'gatepost-page-pass-v1') + (signed.prefix === '' ? '' : '.') + payloadOf(signed))
    .digest('base64url');
  const cookie = `${payload}.${signature}`;
  if (pass.alphabet === 'standard') return `${payload}.${standard(signature)}`;
  if (pass.edit === undefined) return cookie;
  const [pattern, text, next] = pass.edit;
  return cookie.replace(new RegExp(pattern), (found) => (next ? String.fromCharCode(found.charCodeAt(0) + 1) : text.replaceAll('$&', found)));
}

function payloadOf(pass: Pass): string {
  const filler = 'x'.repeat(pass.filler ?? 0);
  const ending = pass.e === null ? {} : { e: Math.floor(NOW / 1_000) + (pass.e ?? 300) };
  const usual = { k: pass.k ?? 'new', h: pass.h ?? 'www.example', ...ending, r: pass.r ?? [['allow', ['page/app*']]], ...(filler && { filler }) };
  const json = pass.json ?? JSON.stringify(pass.payload ?? usual);
  return Buffer.from(json + '['.repeat(pass.brackets ?? 0)).toString('base64url');
}

/** The other alphabet, with at least one character that only it has. */
function standard(signature: string): string {
  const other = signature.replaceAll('-', '+').replaceAll('_', '/');
  if (other === signature) throw new Error('this signature is the same in both alphabets; change the case');
  return other;
}
