// One document: what is saved, what is written here, and what that would do.

import { html, useSignal } from "../../vendor/preact.js";
import { ApiError, api } from "../api.js";
import { about, revision } from "../live.js";
import { Failure, Pending } from "../parts/state.js";
import { TextDiff } from "../parts/text-diff.js";
import { isGuarded } from "../parts/words.js";
import { useAnswer } from "../request.js";
import { link } from "../router.js";
import { drafts, keep, throwAway } from "./drafts.js";
import { Editor } from "./editor.js";
import { NEW_DOCUMENT } from "./schema.js";
import { Verdict } from "./verdict.js";

/**
 * @import { Document, Trial } from "../../api.d.ts"
 * @import { Mark } from "./editor.js"
 */

/** @typedef {Pick<Document, "text" | "place" | "candidate"> & { tag: string | null }} Saved */

/** @param {{ subject: string }} props */
export function DocumentEditor({ subject }) {
  const saved = useAnswer((signal) => savedOf(subject, signal), [subject, revision.value]);
  if (!saved.value) return html`<section class="panel"><${Pending} answer=${saved} /></section>`;
  return html`<${Loaded} subject=${subject} saved=${saved.value} again=${saved.again} />`;
}

/** @param {{ subject: string, saved: Saved, again: () => void }} props */
function Loaded({ subject, saved, again }) {
  const draft = drafts.value.get(subject);
  const text = draft?.text ?? saved.text;
  const isUnsaved = draft !== undefined || saved.tag === null;
  const isConflict = draft !== undefined && draft.tag !== saved.tag && draft.text !== saved.text;
  const trial = useAnswer((signal) => api.try(subject, text, signal), [subject, text, revision.value], {
    waitMs: 250,
  });
  const routes = useAnswer((signal) => api.map({}, signal), [revision.value]);
  const word = useSignal("");
  const error = useSignal(/** @type {Error | null} */ (null));

  const onChange = (/** @type {string} */ changed) => {
    word.value = "";
    if (changed === saved.text) throwAway(subject);
    else keep(subject, { text: changed, tag: draft ? draft.tag : saved.tag });
  };
  const save = async () => {
    if (!isUnsaved || isConflict || !about.value?.editable) return;
    error.value = null;
    try {
      await api.save(subject, text, saved.tag);
      throwAway(subject);
      word.value = about.value.saves === "candidate" ? "Saved as a candidate." : "Saved.";
    } catch (failure) {
      // Somebody was quicker: what is there now is read again, and shown beside the draft.
      if (!(failure instanceof ApiError) || failure.status !== 412)
        error.value = /** @type {Error} */ (failure);
    }
    again();
  };

  return html`<div class="try-document">
    <section class="panel editor-panel">
      <div class="head-line">
        <h2>${subject}</h2>
        <span class="quiet">${saved.place}</span>
        ${about.value?.history && html`<a href=${link(`/history/${encodeURIComponent(subject)}`)}>History</a>`}
      </div>
      ${error.value && html`<${Failure} error=${error.value} />`}
      ${isConflict && html`<${Conflict} subject=${subject} saved=${saved} draft=${draft} />`}
      ${
        saved.candidate !== null &&
        saved.candidate !== text &&
        html`<p class="notice other">
        A candidate waits for <code>gatepost promote</code>.
        <button
          type="button"
          class="small"
          onClick=${() => keep(subject, { text: saved.candidate ?? "", tag: saved.tag })}
        >Go on with it</button>
      </p>`
      }
      <${Editor}
        label=${`Document of ${subject}`}
        text=${text}
        marks=${marksOf(trial.value)}
        resources=${resourcesOf(routes.value?.routes ?? [])}
        isReadOnly=${false}
        onChange=${onChange}
        onSave=${save}
      />
      <${Tools} ...${{ subject, draft, canSave: isUnsaved && !isConflict, save, word: word.value }} />
    </section>
    <section class="panel" aria-labelledby="verdict">
      <h2 id="verdict">What it would do</h2>
      <${Verdict} answer=${trial} />
    </section>
  </div>`;
}

/**
 * @param {object} props
 * @param {string} props.subject
 * @param {import("./drafts.js").Draft | undefined} props.draft
 * @param {boolean} props.canSave
 * @param {() => void} props.save
 * @param {string} props.word
 */
function Tools({ subject, draft, canSave, save, word }) {
  const { editable, saves } = about.value ?? {};
  return html`<div class="editor-tools">
    ${
      editable &&
      html`<button type="button" class="primary" disabled=${!canSave} onClick=${save}>
      ${saves === "candidate" ? "Save as candidate" : "Save"}
    </button>`
    }
    <button type="button" disabled=${!draft} onClick=${() => throwAway(subject)}>Throw the draft away</button>
    <span class="quiet" role="status">${word || stateWords(draft !== undefined, editable === true)}</span>
  </div>`;
}

/** @param {boolean} isDraft @param {boolean} isEditable */
function stateWords(isDraft, isEditable) {
  if (!isDraft)
    return isEditable
      ? "As it is saved."
      : "As it is. This explorer is read-only: drafts stay in your browser.";
  return "A draft, kept in this browser.";
}

/**
 * What is there now and the draft, to choose from.
 *
 * @param {{ subject: string, saved: Saved, draft: import("./drafts.js").Draft }} props
 */
function Conflict({ subject, saved, draft }) {
  return html`<div class="notice other conflict" role="alert">
    <h3>It has changed since you began</h3>
    <p>Choose one; the one you keep can be changed further.</p>
    <${TextDiff} left=${saved.text} right=${draft.text} leftLabel="What is there now" rightLabel="Your draft" />
    <div class="editor-tools">
      <button type="button" onClick=${() => throwAway(subject)}>Take what is there</button>
      <button type="button" onClick=${() => keep(subject, { text: draft.text, tag: saved.tag })}>Keep my draft</button>
    </div>
  </div>`;
}

/** @param {string} subject @param {AbortSignal} signal @returns {Promise<Saved>} */
async function savedOf(subject, signal) {
  try {
    return await api.document(subject, signal);
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 404) throw error;
    return { text: NEW_DOCUMENT, place: "not there yet", candidate: null, tag: null };
  }
}

/** @param {Trial | null} trial @returns {Mark[]} */
function marksOf(trial) {
  if (!trial) return [];
  return [...trial.faults, ...(trial.lint ?? [])].map(({ line = 1, column = 1, level, message }) => ({
    line,
    column,
    severity: level === "error" ? "error" : level === "warning" ? "warning" : "info",
    message,
  }));
}

/** @param {import("../../api.d.ts").Route[]} routes */
function resourcesOf(routes) {
  return routes.filter(isGuarded).flatMap(({ verbs, path }) => {
    const pattern = path.replace(/\{[^}]*\}/g, "*");
    return verbs.length === 0 ? [`page${pattern}`] : verbs.map((verb) => `${verb}${pattern}`);
  });
}
