// The page's one way to the server.

import { signal } from "../vendor/preact.js";

/**
 * @import {
 *   About, Call, Cell, Difference, Document, Drafts, Explanation, History, ListedDocument, MapAnswer, Route, Trial
 * } from "../api.d.ts"
 */

/** Whether the server answered when it was last asked. */
export const isReachable = signal(true);

/** An answer that is none: `message` is a sentence for people. */
export class ApiError extends Error {
  /**
   * @param {number} status 0 if there was no answer
   * @param {Record<string, unknown>} body
   */
  constructor(status, body) {
    super(typeof body["error"] === "string" ? body["error"] : `The server has answered ${status}.`);
    this.status = status;
    this.body = body;
    this.field = typeof body["field"] === "string" ? body["field"] : null;
  }
}

/** @typedef {AbortSignal | undefined} Signal */

export const api = {
  /** @returns {Promise<About>} */
  about: () => ask("GET", "/api/about"),

  /** @param {Drafts} drafts @param {Signal} [signal] @returns {Promise<MapAnswer>} */
  map: (drafts, signal) =>
    Object.keys(drafts).length > 0
      ? ask("POST", "/api/map", { drafts }, signal)
      : ask("GET", "/api/map", undefined, signal),

  /** @param {string} subject @param {Route} route @param {Signal} [signal] @returns {Promise<Cell>} */
  cell: (subject, route, signal) =>
    ask("GET", `/api/cell?${search({ subject, ...asked(route) })}`, undefined, signal),

  /** @param {Call} call @param {Signal} [signal] @returns {Promise<Explanation>} */
  explain: (call, signal) => ask("POST", "/api/explain", call, signal),

  /**
   * @param {{ verb: string, path: string } | { page: string }} what
   * @param {Signal} [signal]
   * @returns {Promise<{ subjects: Cell[] }>}
   */
  who: (what, signal) => ask("GET", `/api/who?${search(what)}`, undefined, signal),

  /** @param {string} subject @param {Signal} [signal] @returns {Promise<{ routes: (Route & { cell: Cell | null })[] }>} */
  what: (subject, signal) => ask("GET", `/api/what?${search({ subject })}`, undefined, signal),

  /** @param {Signal} [signal] @returns {Promise<{ documents: ListedDocument[] }>} */
  documents: (signal) => ask("GET", "/api/documents", undefined, signal),

  /** @param {string} subject @param {Signal} [signal] @returns {Promise<Document>} */
  document: (subject, signal) => ask("GET", `/api/documents/${encodeURIComponent(subject)}`, undefined, signal),

  /** @param {string} subject @param {string} text @param {string | null} tag @returns {Promise<Document>} */
  save: (subject, text, tag) => ask("PUT", `/api/documents/${encodeURIComponent(subject)}`, { text, tag }),

  /** @param {string} subject @param {string} text @param {Signal} [signal] @returns {Promise<Trial>} */
  try: (subject, text, signal) => ask("POST", "/api/try", { subject, text }, signal),

  /** @param {Drafts} drafts @returns {Promise<unknown>} */
  plan: (drafts) => ask("POST", "/api/plan", { drafts }),

  /** @param {string} subject @param {Signal} [signal] @returns {Promise<History>} */
  history: (subject, signal) => ask("GET", `/api/history/${encodeURIComponent(subject)}`, undefined, signal),

  /**
   * @param {string} subject
   * @param {string} from
   * @param {string} to
   * @param {Signal} [signal]
   * @returns {Promise<Difference & { texts: { from: string | null, to: string | null } }>}
   */
  difference: (subject, from, to, signal) =>
    ask("GET", `/api/history/${encodeURIComponent(subject)}/diff?${search({ from, to })}`, undefined, signal),

  /** @param {Call & { expect: string }} call @returns {Promise<{ yaml: string }>} */
  testCase: (call) => ask("POST", "/api/case", call),
};

/**
 * How a route is named in a question.
 *
 * @param {Route} route
 * @returns {Record<string, string>}
 */
function asked({ verbs: [verb], path }) {
  return verb ? { verb, path } : { page: path };
}

/** @param {Record<string, string>} members */
const search = (members) => String(new URLSearchParams(members));

/**
 * @param {string} method
 * @param {string} path
 * @param {unknown} [body]
 * @param {Signal} [signal]
 * @returns {Promise<any>}
 */
async function ask(method, path, body, signal) {
  /** @type {RequestInit} */
  const request = {
    method,
    signal: signal ?? null,
    cache: "no-store",
    headers: { "X-Gatepost-Explorer": "1" },
  };
  if (body !== undefined) {
    request.body = JSON.stringify(body);
    request.headers = { ...request.headers, "Content-Type": "application/json" };
  }
  const answer = await fetch(path, request).catch((/** @type {Error} */ error) => {
    if (error.name === "AbortError") throw error;
    isReachable.value = false;
    throw new ApiError(0, { error: "The server does not answer. Is gatepost still running?" });
  });
  isReachable.value = true;
  const read = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new ApiError(answer.status, read);
  return read;
}
