// A document as text, with the statements that matter marked.

import { html, useLayoutEffect, useRef } from "../../vendor/preact.js";
import { api } from "../api.js";
import { revision } from "../live.js";
import { useAnswer } from "../request.js";
import { link } from "../router.js";
import { Pending } from "./state.js";

/**
 * @import { ExplainedStatement } from "../../api.d.ts"
 */

/** @type {Record<ExplainedStatement["standing"], string>} */
export const STANDINGS = {
  decided: "decided",
  outranked: "would have allowed it, but a Deny wins",
  near_miss: "close",
  elsewhere: "about something else",
};

/**
 * @param {object} props
 * @param {string} props.subject
 * @param {ExplainedStatement[]} props.statements those to mark, of this document
 * @param {string} [props.text] where it is not what the server has
 */
export function DocumentView({ subject, statements, text }) {
  const answer = useAnswer(
    (signal) => (text === undefined ? api.document(subject, signal) : null),
    [subject, text, revision.value],
  );
  const shown = text ?? answer.value?.text;
  return html`<section class="document">
    <h3>
      <a href=${link(`/try/${encodeURIComponent(subject)}`)}>${subject}</a>
      <span class="quiet">${text === undefined ? answer.value?.place : "your draft"}</span>
    </h3>
    ${shown === undefined
      ? html`<${Pending} answer=${answer} />`
      : html`<${Marked} text=${shown} statements=${statements} subject=${subject} />`}
  </section>`;
}

/** @param {{ text: string, statements: ExplainedStatement[], subject: string }} props */
function Marked({ text, statements, subject }) {
  const frame = useRef(/** @type {HTMLElement | null} */ (null));
  useLayoutEffect(() => {
    const first = frame.current?.querySelector("mark");
    if (frame.current && first) frame.current.scrollTop = first.offsetTop - 24;
  }, [text, statements]);
  return html`<pre class="document-text" ref=${frame} tabindex="0" role="region" aria-label=${`Document of ${subject}`}><code
    >${segments(text, statements).map(({ part, statement }) =>
      statement
        ? html`<mark class=${statement.standing} title=${STANDINGS[statement.standing]}><span class="unseen"
              >[${STANDINGS[statement.standing]}] </span
            >${part}</mark>`
        : part,
    )}</code></pre>`;
}

/** @param {string} text @param {ExplainedStatement[]} statements */
function segments(text, statements) {
  const marked = statements
    .flatMap((statement) => (statement.place ? [{ ...statement.place, statement }] : []))
    .sort((a, b) => a.from - b.from);
  /** @type {{ part: string, statement: ExplainedStatement | null }[]} */
  const found = [];
  let end = 0;
  for (const { from, to, statement } of marked) {
    if (from < end) continue;
    found.push({ part: text.slice(end, from), statement: null }, { part: text.slice(from, to), statement });
    end = to;
  }
  found.push({ part: text.slice(end), statement: null });
  return found.filter(({ part }) => part);
}
