// What a subject can do: every route.

import { html } from "../../vendor/preact.js";
import { api } from "../api.js";
import { revision } from "../live.js";
import { Check } from "../parts/fields.js";
import { KindLabel, guardWords, letterOf } from "../parts/kinds.js";
import { Empty, Pending } from "../parts/state.js";
import { Documents } from "../parts/subject-list.js";
import { Table } from "../parts/table.js";
import { RouteLabel, routeWords, verbOf } from "../parts/words.js";
import { useAnswer } from "../request.js";
import { go, link, parts, query, withQuery } from "../router.js";
import { isSomething, wordsOf } from "./cells.js";

/** @import { Cell, Route } from "../../api.d.ts" */

/** @typedef {Route & { cell: Cell | null }} Row */

const hrefOf = (/** @type {string} */ subject) => link(`/ask/what/${encodeURIComponent(subject)}`);

export function What() {
  const subject = parts.value[2];
  return html`<div class="with-list">
    <${Documents} current=${subject} href=${hrefOf} />
    <section class="panel">
      ${
        subject
          ? html`<${Rights} key=${subject} subject=${subject} />`
          : html`<${Empty} title="Whose rights?">
            <p>Choose a document: everything it lets its subject do stands here.</p>
          <//>`
      }
    </section>
  </div>`;
}

/** @param {{ subject: string }} props */
function Rights({ subject }) {
  const isAll = query.value.get("show") === "all";
  const onAll = (/** @type {boolean} */ isOn) =>
    go(withQuery({ show: isOn ? "all" : null }), { replace: true });
  return html`<div class="head-line">
      <h2>${subject}</h2>
      <a href=${link(`/try/${encodeURIComponent(subject)}`)}>Its document</a>
      <${Check} label="also what it cannot" isOn=${isAll} onChange=${onAll} />
    </div>
    <${Routes} subject=${subject} isAll=${isAll} />`;
}

/** @param {{ subject: string, isAll: boolean }} props */
function Routes({ subject, isAll }) {
  const answer = useAnswer((signal) => api.what(subject, signal), [subject, revision.value]);
  if (!answer.value) return html`<${Pending} answer=${answer} />`;
  const rows = answer.value.routes.filter(({ cell }) => isAll || (cell && isSomething(cell)));
  if (rows.length === 0) {
    return html`<${Empty} title="Nothing"><p>${subject} may call no route that policies are asked for.</p><//>`;
  }
  return html`<${Table} caption=${`What ${subject} can do`} file="what" rows=${rows} columns=${columns(subject)} />`;
}

/**
 * @param {string} subject
 * @returns {import("../parts/table.js").Column<Row>[]}
 */
function columns(subject) {
  const toMap = (/** @type {Row} */ row) => link("/map", { subject, verb: verbOf(row), path: row.path });
  return [
    {
      name: "route",
      text: (row) => routeWords(row),
      shown: (row) => html`<a href=${toMap(row)}><${RouteLabel} route=${row} /></a>`,
    },
    {
      name: "decision",
      text: ({ cell, guard }) => cell?.decision ?? guard,
      shown: ({ cell, guard }) => (cell ? html`<${KindLabel} letter=${letterOf(cell)} />` : guard),
    },
    { name: "why", text: ({ cell, guard }) => (cell ? wordsOf(cell) : guardWords(guard)) },
    { name: "summary", text: ({ summary }) => summary },
  ];
}
