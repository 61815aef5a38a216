// May somebody in these groups call this, from there, at that time? What the form says is in the address.

import { html, useSignal, useState } from "../../vendor/preact.js";
import { api } from "../api.js";
import { revision } from "../live.js";
import { Explanation } from "../parts/explanation.js";
import { TextField, VerbField, stay } from "../parts/fields.js";
import { Empty, Failure, Pending } from "../parts/state.js";
import { useSubjects } from "../parts/subject-list.js";
import { NamesField } from "../parts/names-field.js";
import { useAnswer } from "../request.js";
import { go, link, query } from "../router.js";
import { callOfFields, fieldsOf, list } from "./call.js";
import { CaseMaker } from "./case-maker.js";
import { Paste } from "./paste.js";

/** @import { Call, Explanation as Answer } from "../../api.d.ts" */
/** @import { Fields } from "./call.js" */

/** @typedef {{ answer: Answer | null, error: Error | null }} Pasted */

export function OneCall() {
  const fields = fieldsOf(query.value);
  const call = callOfFields(fields);
  const pasted = useSignal(/** @type {Pasted | null} */ (null));
  const set = (/** @type {Partial<Fields>} */ changes) => {
    pasted.value = null;
    go(link("/ask", { ...fields, ...changes }), { replace: true });
  };
  return html`<div class="two-columns">
    <form class="panel ask-form" onSubmit=${stay}>
      <h2>The call</h2>
      <${CallFields} fields=${fields} set=${set} />
      <${Paste} call=${call} onAnswer=${(/** @type {Pasted} */ answer) => (pasted.value = answer)} />
    </form>
    <section class="panel answer" aria-labelledby="answer">
      <h2 id="answer">The answer</h2>
      ${pasted.value ? html`<${PastedAnswer} pasted=${pasted.value} />` : html`<${Answered} call=${call} />`}
    </section>
  </div>`;
}

/** @param {{ fields: Fields, set: (changes: Partial<Fields>) => void }} props */
function CallFields({ fields, set }) {
  const { subjects } = useSubjects();
  const named = (/** @type {string} */ kind) =>
    subjects
      .filter((subject) => subject.startsWith(`${kind}:`))
      .map((subject) => subject.slice(kind.length + 1));
  const names = (
    /** @type {"groups" | "scopes"} */ name,
    /** @type {string} */ label,
    /** @type {string} */ kind,
  ) =>
    html`<${NamesField}
      label=${label}
      value=${list(fields[name])}
      known=${named(kind)}
      onChange=${(/** @type {string[]} */ value) => set({ [name]: value.join(",") })}
    />`;
  const text = (
    /** @type {keyof Fields} */ name,
    /** @type {unknown} */ label,
    /** @type {object} */ more = {},
  ) =>
    html`<${TextField}
      name=${name}
      label=${label}
      value=${fields[name]}
      onInput=${(/** @type {string} */ value) => set({ [name]: value })}
      ...${more}
    />`;
  const isPage = Boolean(fields.page);
  const onVerb = (/** @type {string} */ verb) => {
    const where = fields.page || fields.path || "/";
    set(verb === "page" ? { method: "", path: "", page: where } : { method: verb, path: where, page: "" });
  };
  const { now, user, client, scopes, claims, context } = fields;
  // Only at first: it must not close while somebody empties a field in it.
  const [isMore] = useState(Boolean(now || user || client || scopes || claims || context));
  return html`${names("groups", "Groups of the caller", "group")}
    <div class="call-line">
      <${VerbField} value=${isPage ? "page" : fields.method || "GET"} onChange=${onVerb} />
      ${text(isPage ? "page" : "path", "Path, as it is sent", { placeholder: isPage ? "/app/movies/" : "/movies/7" })}
    </div>
    ${text("source_ip", "From the address", { placeholder: "203.0.113.7" })}
    <details open=${isMore}>
      <summary>More of the caller and the call</summary>
      ${text("now", "At the time (UTC); now, if empty", { placeholder: "2026-05-01T12:00:00Z" })}
      ${text("user", html`User (<code>sub</code>)`)} ${text("client", html`Client (<code>client_id</code>)`)}
      ${names("scopes", "Scopes", "scope")} ${text("claims", html`Claims, <code>NAME=VALUE</code> a line`, { rows: 2 })}
      ${text("context", html`Other keys of conditions, <code>KEY=VALUE</code> a line`, { rows: 2 })}
    </details>`;
}

/** @param {{ pasted: Pasted }} props */
function PastedAnswer({ pasted: { answer, error } }) {
  if (error) return html`<${Failure} error=${error} />`;
  return html`<p class="quiet">For what you pasted. It has been read, and is not kept.</p>
    ${answer && html`<${Explanation} answer=${answer} />`}`;
}

/** @param {{ call: Call | null }} props */
function Answered({ call }) {
  const answer = useAnswer(
    (signal) => (call ? api.explain(call, signal) : null),
    [JSON.stringify(call), revision.value],
    { waitMs: 150 },
  );
  if (!call) {
    return html`<${Empty} title="Which call?">
      <p>Name a path, and the answer stands here. The address of this page is the question: it can be shared.</p>
    <//>`;
  }
  if (!answer.value) return html`<${Pending} answer=${answer} />`;
  return html`<${Explanation} answer=${answer.value} />
    <${CaseMaker} call=${call} decision=${answer.value.decision} />`;
}
