// The question in an address, and as the server takes it.

/** @import { Call } from "../../api.d.ts" */

/** What the form of a call has, as texts. */
const FIELDS = /** @type {const} */ ([
  "groups",
  "user",
  "client",
  "scopes",
  "claims",
  "method",
  "path",
  "page",
  "source_ip",
  "now",
  "context",
]);

/** @typedef {Record<typeof FIELDS[number], string>} Fields */

/** @param {URLSearchParams} members @returns {Fields} */
export function fieldsOf(members) {
  return /** @type {Fields} */ (Object.fromEntries(FIELDS.map((name) => [name, members.get(name) ?? ""])));
}

/**
 * @param {Fields} fields
 * @returns {Call | null} null while it is not said what is called
 */
export function callOfFields(fields) {
  if (!fields.path && !fields.page) return null;
  /** @type {Call} */
  const call = fields.page ? { page: fields.page } : { method: fields.method || "GET", path: fields.path };
  call.groups = list(fields.groups);
  if (fields.user) call.user = fields.user;
  if (fields.client) call.client = fields.client;
  if (fields.scopes) call.scopes = list(fields.scopes);
  if (fields.claims) call.claims = pairs(fields.claims);
  if (fields.source_ip) call.source_ip = fields.source_ip;
  if (fields.now) call.now = fields.now;
  if (fields.context) call.context = pairs(fields.context);
  return call;
}

/** @param {string} text */
export const list = (text) =>
  text
    .split(",")
    .map((name) => name.trim())
    .filter(Boolean);

/**
 * `NAME=VALUE`, one a line; a line without `=` is a name with an empty value.
 *
 * @param {string} text
 */
function pairs(text) {
  const lines = text
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean);
  return Object.fromEntries(
    lines.map((line) => {
      const at = line.indexOf("=");
      return at < 0 ? [line, ""] : [line.slice(0, at), line.slice(at + 1)];
    }),
  );
}
