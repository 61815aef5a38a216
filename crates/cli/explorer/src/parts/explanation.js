// Why a call is allowed or denied: the decision, what decided, what came close, and the least change.

import { html } from "../../vendor/preact.js";
import { downloadJson } from "./download.js";
import { DocumentView, STANDINGS } from "./document-view.js";
import { Shape } from "./kinds.js";
import { decisionWords } from "./words.js";

/** @import { Drafts, ExplainedStatement, Explanation as Answer } from "../../api.d.ts" */

/**
 * @param {object} props
 * @param {Answer} props.answer
 * @param {Drafts} [props.drafts] what was put in the place of documents
 */
export function Explanation({ answer, drafts = {} }) {
  const { decision, statements = [], suggestions = [], subjects = [] } = answer;
  // A line of the log without a call has an explanation in words only.
  if (!decision) return html`<pre class="lines">${answer.lines.join("\n")}</pre>`;
  const { letter, word } = decisionWords(decision);
  const mattering = statements.filter(({ standing }) => standing !== "elsewhere");
  const missing = subjects.filter(({ document, subject }) => document === null && !(subject in drafts));
  const readable = subjects.filter(({ subject }) =>
    mattering.some((statement) => statement.subject === subject),
  );
  return html`<div class="explanation">
    <p class=${`decision ${letter === "a" ? "yes" : "no"}`} role="status">
      <${Shape} letter=${letter} /> <strong>${word}</strong>
      <span class="call"><span class="verb">${answer.method ?? "page"}</span> <code>${answer.path}</code></span>
    </p>
    ${
      missing.length > 0 &&
      html`<p class="notice other">No document: ${missing.map(({ subject }) => subject).join(", ")}. A name may be misspelt.</p>`
    }
    ${
      mattering.length > 0
        ? html`<ul class="statements">${mattering.map((statement) => html`<${Statement} statement=${statement} />`)}</ul>`
        : html`<p class="quiet">No statement comes close.</p>`
    }
    ${
      suggestions.length > 0 &&
      html`<h3>What would change it, any one of these</h3>
      <ul class="suggestions">
        ${suggestions.map((steps) => html`<li><${Ticked} text=${steps.map(({ text }) => text).join(", and ")} /></li>`)}
      </ul>`
    }
    ${readable.map(({ subject }) => {
      const marked = mattering.filter((statement) => statement.subject === subject);
      return html`<${DocumentView} key=${subject} subject=${subject} statements=${marked} text=${drafts[subject]} />`;
    })}
    <details>
      <summary>As text</summary>
      <pre class="lines">${answer.lines.join("\n")}</pre>
      <button type="button" class="small" onClick=${() => downloadJson("explanation.json", answer)}>JSON</button>
    </details>
  </div>`;
}

/** @param {{ statement: ExplainedStatement }} props */
function Statement({ statement }) {
  const { sid, statement: at, subject, effect, pattern, reasons, standing } = statement;
  return html`<li class=${standing}>
    <span class="standing">${STANDINGS[standing]}</span>
    <strong>${sid ?? `Statement ${at}`}</strong> of ${subject}
    <span class="quiet"> (${effect}${pattern && html` <code>${pattern}</code>`})</span>
    ${reasons.length > 0 && html`<ul>${reasons.map((reason) => html`<li><${Ticked} text=${reason} /></li>`)}</ul>`}
  </li>`;
}

/**
 * A sentence in which code stands between backticks.
 *
 * @param {{ text: string }} props
 */
export function Ticked({ text }) {
  return html`<span>${text.split("`").map((part, at) => (at % 2 ? html`<code>${part}</code>` : part))}</span>`;
}
