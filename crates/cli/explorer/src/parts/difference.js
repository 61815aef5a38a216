// Who gains and who loses what, with a request to show for each.

import { html } from "../../vendor/preact.js";
import { Table } from "./table.js";
import { askLink, callerOf, circumstances } from "./words.js";

/** @import { Change, Difference as Answer } from "../../api.d.ts" */

/** @typedef {Change & { kind: "gained" | "lost" }} Row */

/** @param {{ diff: Answer }} props */
export function Difference({ diff }) {
  const rows = [
    ...diff.gained.map((change) => ({ ...change, kind: /** @type {const} */ ("gained") })),
    ...diff.lost.map((change) => ({ ...change, kind: /** @type {const} */ ("lost") })),
  ];
  return html`<div class="difference">
    ${diff.unknown && html`<p class="notice other">It could not be compared to the end: there may be more differences.</p>`}
    ${rows.length === 0
      ? html`<p class="quiet">No request is decided differently.</p>`
      : html`<${Table} caption=${`What ${diff.subject} gains and loses`} file="diff" rows=${rows} columns=${columns(diff.subject)} />`}
  </div>`;
}

/**
 * @param {string} subject
 * @returns {import("./table.js").Column<Row>[]}
 */
function columns(subject) {
  return [
    {
      name: "change",
      text: ({ kind }) => kind,
      shown: ({ kind }) => html`<span class=${`change ${kind}`}><b aria-hidden="true">${kind === "gained" ? "+" : "−"}</b> ${kind}</span>`,
    },
    {
      name: "for example",
      text: ({ witness }) => `${witness.method ?? "page"} ${witness.path}`,
      shown: ({ witness }) => html`<a href=${linkOf(subject, witness)}><span class="verb">${witness.method ?? "page"}</span> <code class="path">${witness.path}</code></a>`,
    },
    { name: "because of", text: becauseWords },
    { name: "only if", text: conditionWords },
  ];
}

/** @param {string} subject @param {Change["witness"]} witness */
function linkOf(subject, { method, path, context = {} }) {
  const what = method ? { method, path } : { page: path };
  return askLink({ ...callerOf(subject), ...what, ...circumstances(context) });
}

/** @param {Change} change */
function becauseWords({ because }) {
  const words = because.map(({ side, sid, statement, effect }) => `${side}: ${sid ?? `statement ${statement}`} (${effect})`);
  return words.join("; ") || "no statement";
}

/** @param {Change} change */
function conditionWords({ condition }) {
  if (!condition) return "";
  const words = [
    ...(condition.if ?? []).map((part) => JSON.stringify(part)),
    ...(condition.unless ?? []).map((part) => `not ${JSON.stringify(part)}`),
  ];
  return words.join(" and ");
}
