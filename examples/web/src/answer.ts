import type { Identity } from './session.js';

/** What came of a call, as somebody in front of the page wants to know it. */
export interface Answer {
  readonly kind: 'allowed' | 'failed' | 'forbidden' | 'unauthorized' | 'unreachable';
  /** `200 OK`, or nothing when nobody has answered. */
  readonly status: string;
  readonly sentence: string;
  /** The body, as it may be shown. */
  readonly body: string;
}

const REASONS: Record<number, string> = {
  200: 'OK', 201: 'Created', 204: 'No Content', 400: 'Bad Request', 401: 'Unauthorized', 403: 'Forbidden', 404: 'Not Found', 429: 'Too Many Requests',
  500: 'Internal Server Error', 502: 'Bad Gateway', 503: 'Service Unavailable', 504: 'Gateway Timeout',
};

export function answerOf(status: number, body: string, who: Identity | null): Answer {
  const title = [status, REASONS[status]].filter(Boolean).join(' ');
  const shown = pretty(body);
  if (status >= 200 && status < 300) return { kind: 'allowed', status: title, sentence: 'Allowed.', body: shown };
  if (status === 401) {
    const sentence = who === null ? 'You have not signed in.' : 'The API did not accept your token: it has ended or was taken back. Sign in again.';
    return { kind: 'unauthorized', status: title, sentence, body: shown };
  }
  if (status === 403) return { kind: 'forbidden', status: title, sentence: forbidden(body, who), body: shown };
  if (status === 429) return { kind: 'failed', status: title, sentence: 'Too many calls just now. Wait a moment.', body: shown };
  const sentence = status >= 500 ? 'That is not your fault: the API has failed. Try again.' : 'The API did not understand this call.';
  return { kind: 'failed', status: title, sentence, body: shown };
}

/** For a call that nobody has answered: the browser does not say why. */
export const UNREACHABLE: Answer = {
  kind: 'unreachable', status: '', sentence: 'The API cannot be reached. Check your connection, and try again.', body: '',
};

function forbidden(body: string, who: Identity | null): string {
  const why = /explicit deny/.test(body) ? 'A policy forbids it' : 'No policy allows it';
  const groups = who?.groups ?? [];
  if (groups.length === 0) return `${why}: you are in no group.`;
  return `${why} to ${groups.length === 1 ? 'your group' : 'your groups'} ${list(groups)}.`;
}

/** `a, b and c`. */
export function list(words: readonly string[]): string {
  return words.length < 2 ? words.join() : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}

function pretty(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body;
  }
}
