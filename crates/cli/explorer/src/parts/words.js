// Routes, statements and decisions as people read them.

import { html } from "../../vendor/preact.js";
import { link } from "../router.js";

/** @import { Call, Letter, Route, Witness } from "../../api.d.ts" */

/** @param {Route} route */
export const routeWords = ({ method, path }) => `${method} ${path}`;

/**
 * By which verb a route is named in addresses; `page` for a pattern of pages.
 *
 * @param {Route} route
 */
export const verbOf = ({ verbs: [verb = "page"] }) => verb;

/**
 * Whether policies are asked at all.
 *
 * @param {Route} route
 */
export const isGuarded = ({ guard }) => guard !== "public" && guard !== "other";

/**
 * @param {{ route: Route }} props
 */
export function RouteLabel({ route }) {
  return html`<span class="route"><span class="verb">${route.method}</span> <${Path} path=${route.path} /></span>`;
}

/**
 * A path with its parameters marked.
 *
 * @param {{ path: string }} props
 */
export function Path({ path }) {
  const parts = path.split(/(\{[^}]*\}|\*)/);
  return html`<code class="path">${parts.map((part, at) => (at % 2 ? html`<i>${part}</i>` : part))}</code>`;
}

/** @param {string} subject */
export function subjectName(subject) {
  return subject.replace(/^group:/, "");
}

/** @type {Record<string, { letter: Letter, word: string }>} */
const DECISIONS = {
  allow: { letter: "a", word: "Allowed" },
  explicit_deny: { letter: "x", word: "Denied by a statement" },
  implicit_deny: { letter: "d", word: "Denied: no statement allows it" },
};

/** @param {string | null | undefined} decision */
export function decisionWords(decision) {
  return DECISIONS[decision ?? ""] ?? { letter: /** @type {Letter} */ ("u"), word: decision ?? "Not decided" };
}

/**
 * The part of a call that says who calls, for one subject.
 *
 * @param {string} subject
 * @returns {Call}
 */
export function callerOf(subject) {
  const at = subject.indexOf(":");
  const [kind, name] = [subject.slice(0, at), subject.slice(at + 1)];
  if (kind === "user") return { user: name };
  if (kind === "client") return { client: name };
  if (kind === "scope") return { scopes: [name] };
  return { groups: [name] };
}

/**
 * Keys of conditions that have a field of their own in a question.
 *
 * @param {Record<string, string | string[]>} context
 * @returns {Pick<Call, "source_ip" | "now" | "context" | "claims">}
 */
export function circumstances(context) {
  /** @type {Record<string, string>} */
  const others = {};
  /** @type {Record<string, string>} */
  const claims = {};
  /** @type {Pick<Call, "source_ip" | "now" | "context" | "claims">} */
  const found = {};
  for (const [key, value] of Object.entries(context)) {
    const text = String(Array.isArray(value) ? (value[0] ?? "") : value);
    const claim = /^token:(.+)$/.exec(key)?.[1];
    if (key.toLowerCase() === "aws:sourceip") found.source_ip = text;
    else if (key.toLowerCase() === "aws:currenttime") found.now = text;
    else if (claim) claims[claim] = text;
    else others[key] = text;
  }
  if (Object.keys(others).length > 0) found.context = others;
  if (Object.keys(claims).length > 0) found.claims = claims;
  return found;
}

/**
 * The call that a witness of a cell is.
 *
 * @param {string} subject
 * @param {Route} route
 * @param {Witness} witness
 * @returns {Call}
 */
export function callOf(subject, route, witness) {
  const verb = /\/(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS)\//.exec(witness.resource)?.[1] ?? verbOf(route);
  const what = route.guard === "page_pass" ? { page: witness.path } : { method: verb, path: witness.path };
  return { ...callerOf(subject), ...what, ...circumstances(witness.context) };
}

/**
 * The address of a question.
 *
 * @param {Call} call
 */
export function askLink(call) {
  const pairs = (/** @type {Record<string, string> | undefined} */ members) =>
    members &&
    Object.entries(members)
      .map(([name, value]) => `${name}=${value}`)
      .join("\n");
  return link("/ask", {
    groups: call.groups?.join(","),
    user: call.user,
    client: call.client,
    scopes: call.scopes?.join(","),
    method: call.method,
    path: call.path,
    page: call.page,
    source_ip: call.source_ip,
    now: call.now,
    claims: pairs(call.claims),
    context: pairs(call.context),
  });
}
