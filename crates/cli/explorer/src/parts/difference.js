// Who gains and who loses what, with a request to show for each.

import { html } from "../../vendor/preact.js";
import { Table } from "./table.js";
import { askLink, callerOf, circumstances } from "./words.js";

/** @import { Change, Difference as Answer } from "../../api.d.ts" */

/**
 * Changes that are alike but for their verbs.
 *
 * @typedef {object} Row
 * @property {"gained" | "lost"} kind
 * @property {string[]} methods
 * @property {Change} change the first of them
 */

/** @param {{ diff: Answer }} props */
export function Difference({ diff }) {
  const rows = [...gathered("gained", diff.gained), ...gathered("lost", diff.lost)];
  return html`<div class="difference">
    ${diff.unknown && html`<p class="notice other">It could not be compared to the end: there may be more differences.</p>`}
    ${
      rows.length === 0
        ? html`<p class="quiet">No request is decided differently.</p>`
        : html`<${Table} caption=${`What ${diff.subject} gains and loses`} file="diff" rows=${rows} columns=${columns(diff.subject)} />`
    }
  </div>`;
}

/**
 * @param {Row["kind"]} kind
 * @param {Change[]} changes
 * @returns {Row[]}
 */
function gathered(kind, changes) {
  /** @type {Map<string, Row>} */
  const rows = new Map();
  for (const change of changes) {
    const { witness, condition, because } = change;
    const method = witness.method ?? "page";
    const key = JSON.stringify([method === "page", witness.path, witness.context, condition, because]);
    const row = rows.get(key);
    if (row) row.methods.push(method);
    else rows.set(key, { kind, methods: [method], change });
  }
  for (const { methods } of rows.values()) methods.sort();
  return [...rows.values()];
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
      shown: ({ kind }) =>
        html`<span class=${`change ${kind}`}><b aria-hidden="true">${kind === "gained" ? "+" : "−"}</b> ${kind}</span>`,
    },
    {
      name: "for example",
      text: ({ methods, change }) => `${methods.join(", ")} ${change.witness.path}`,
      shown: ({ methods, change: { witness } }) => html`<a href=${linkOf(subject, witness)}>
        <span class="verb">${methods.join(", ")}</span> <code class="path">${witness.path}</code>
      </a>`,
    },
    { name: "because of", text: ({ change }) => becauseWords(change) },
    { name: "only if", text: ({ change }) => conditionWords(change) },
  ];
}

/** @param {string} subject @param {Change["witness"]} witness */
function linkOf(subject, { method, path, context = {} }) {
  const what = method ? { method, path } : { page: path };
  return askLink({ ...callerOf(subject), ...what, ...circumstances(context) });
}

/** @param {Change} change */
function becauseWords({ because }) {
  const words = because.map(
    ({ side, sid, statement, effect }) => `${side}: ${sid ?? `statement ${statement}`} (${effect})`,
  );
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
