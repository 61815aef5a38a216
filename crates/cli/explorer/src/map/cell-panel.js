// The explanation of one cell: in a sentence, and by a call that shows it.

import { html, useEffect, useRef } from "../../vendor/preact.js";
import { api } from "../api.js";
import { revision } from "../live.js";
import { Explanation } from "../parts/explanation.js";
import { KindLabel, guardWords, letterOf } from "../parts/kinds.js";
import { Pending } from "../parts/state.js";
import { RouteLabel, askLink, callOf, isGuarded, subjectName, verbOf } from "../parts/words.js";
import { useAnswer } from "../request.js";
import { link } from "../router.js";

/** @import { Cell, Drafts, Route, Witness } from "../../api.d.ts" */

/**
 * @param {object} props
 * @param {string} props.subject
 * @param {Route} props.route
 * @param {Drafts} props.drafts
 * @param {() => void} props.onClose
 */
export function CellPanel({ subject, route, drafts, onClose }) {
  const isAsked = isGuarded(route);
  const verb = verbOf(route);
  const answer = useAnswer(
    (signal) => (isAsked ? api.cell(subject, route, signal) : null),
    [subject, route.path, verb, revision.value],
    { forget: true },
  );
  const heading = useRef(/** @type {HTMLElement | null} */ (null));
  useEffect(() => heading.current?.focus({ preventScroll: true }), [subject, route.path, verb]);
  const cell = answer.value;
  return html`<aside
    class="cell-panel"
    aria-labelledby="cell-title"
    onKeyDown=${(/** @type {KeyboardEvent} */ event) => event.key === "Escape" && onClose()}
  >
    <header>
      <h2 id="cell-title" tabindex="-1" ref=${heading}>
        <span>${subjectName(subject)}</span>
        <${RouteLabel} route=${route} />
      </h2>
      <button type="button" class="small" onClick=${onClose}>Close</button>
    </header>
    ${!isAsked && html`<p>This route is ${guardWords(route.guard)}.</p>`}
    ${isAsked && html`<${Pending} answer=${answer} />`}
    ${cell && html`<p class="sentence"><${KindLabel} letter=${letterOf(cell)} /> ${cell.sentence}</p>`}
    ${Object.keys(drafts).length > 0 && html`<p class="quiet">That is without your drafts. Below, they count.</p>`}
    ${cell?.unknown && html`<p>${cell.unknown}</p>`}
    ${cell &&
    examples(cell).map(
      (witness) => html`<${Example} key=${witness.decision} ...${{ subject, route, witness, drafts }} />`,
    )}
    <p class="more">
      <a href=${link("/ask/who", { verb, path: route.path })}>Who else may call it</a>
      <a href=${link(`/ask/what/${encodeURIComponent(subject)}`)}>What else ${subjectName(subject)} may do</a>
      <a href=${link(`/try/${encodeURIComponent(subject)}`)}>Try a change</a>
    </p>
  </aside>`;
}

/** @param {Cell} cell */
const examples = ({ allowed, denied }) => [allowed, denied].flatMap((witness) => witness ?? []);

/** @param {{ subject: string, route: Route, witness: Witness, drafts: Drafts }} props */
function Example({ subject, route, witness, drafts }) {
  const call = callOf(subject, route, witness);
  const asked = Object.keys(drafts).length > 0 ? { ...call, drafts } : call;
  const answer = useAnswer((signal) => api.explain(asked, signal), [JSON.stringify(asked), revision.value]);
  return html`<section class="example">
    ${witness.when && html`<p class="quiet">${witness.when}</p>`}
    ${answer.value ? html`<${Explanation} answer=${answer.value} drafts=${drafts} />` : html`<${Pending} answer=${answer} />`}
    <p class="more"><a href=${askLink(call)}>Ask about this call</a></p>
  </section>`;
}
