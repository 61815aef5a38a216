// Who can call a route: every subject that has a document.

import { html } from "../../vendor/preact.js";
import { api } from "../api.js";
import { revision } from "../live.js";
import { Check, TextField, VerbField, stay } from "../parts/fields.js";
import { KindLabel, LETTERS, letterOf } from "../parts/kinds.js";
import { Empty, Pending } from "../parts/state.js";
import { Table } from "../parts/table.js";
import { useAnswer } from "../request.js";
import { go, link, query } from "../router.js";
import { isSomething, wordsOf } from "./cells.js";

/** @import { Cell } from "../../api.d.ts" */

export function Who() {
  const members = query.value;
  const [verb, path] = [members.get("verb") || "GET", members.get("path") ?? ""];
  const isAll = members.get("show") === "all";
  const set = (/** @type {Record<string, string>} */ changes) =>
    go(link("/ask/who", { verb, path, show: isAll ? "all" : "", ...changes }), { replace: true });
  const label = html`Path; <code>*</code> stands for whatever follows`;

  return html`<div class="panel">
    <form class="call-line" onSubmit=${stay}>
      <${VerbField} value=${verb} onChange=${(/** @type {string} */ value) => set({ verb: value })} />
      <${TextField}
        label=${label}
        value=${path}
        placeholder="/api/admin/users/*"
        onInput=${(/** @type {string} */ value) => set({ path: value })}
      />
      <${Check}
        label="also those who cannot"
        isOn=${isAll}
        onChange=${(/** @type {boolean} */ isOn) => set({ show: isOn ? "all" : "" })}
      />
    </form>
    ${
      path
        ? html`<${Callers} ...${{ verb, path, isAll }} />`
        : html`<${Empty} title="Which route?"><p>Name a path: whoever can call it stands here.</p><//>`
    }
  </div>`;
}

/** @param {{ verb: string, path: string, isAll: boolean }} props */
function Callers({ verb, path, isAll }) {
  const what = verb === "page" ? { page: path } : { verb, path };
  const answer = useAnswer((signal) => api.who(what, signal), [verb, path, revision.value], { waitMs: 150 });
  if (!answer.value) return html`<${Pending} answer=${answer} />`;
  const cells = answer.value.subjects.filter((cell) => isAll || isSomething(cell));
  if (cells.length === 0) {
    return html`<${Empty} title="Nobody"><p>No document lets anybody call <code>${verb} ${path}</code>.</p><//>`;
  }
  cells.sort((a, b) => LETTERS.indexOf(letterOf(a)) - LETTERS.indexOf(letterOf(b)));
  return html`<${Table}
    caption=${`Who can call ${verb} ${path}`}
    file="who"
    rows=${cells}
    rowKey=${(/** @type {Cell} */ cell) => cell.subject}
    columns=${COLUMNS}
  />`;
}

/** @type {import("../parts/table.js").Column<Cell>[]} */
const COLUMNS = [
  {
    name: "subject",
    text: (cell) => cell.subject,
    shown: (cell) => html`<a href=${link(`/ask/what/${encodeURIComponent(cell.subject)}`)}>${cell.subject}</a>`,
  },
  {
    name: "decision",
    text: (cell) => cell.decision,
    shown: (cell) => html`<${KindLabel} letter=${letterOf(cell)} />`,
  },
  { name: "why", text: wordsOf },
];
