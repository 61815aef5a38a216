// Try: change a document and see at once what that would do.

import { html, useSignal } from "../../vendor/preact.js";
import { api } from "../api.js";
import { about } from "../live.js";
import { downloadJson } from "../parts/download.js";
import { stay, told } from "../parts/fields.js";
import { Empty, Failure } from "../parts/state.js";
import { Documents } from "../parts/subject-list.js";
import { counted } from "../parts/table.js";
import { go, link, parts } from "../router.js";
import { DocumentEditor } from "./document-editor.js";
import { draftTexts, drafts } from "./drafts.js";

const hrefOf = (/** @type {string} */ subject) => link(`/try/${encodeURIComponent(subject)}`);

export function TryView() {
  const subject = parts.value[1];
  return html`<h1 class="unseen">Try a change</h1>
    <div class="with-list">
      <div>
        <${Documents} current=${subject} href=${hrefOf} others=${[...drafts.value.keys()]} />
        <${NewDocument} />
        ${drafts.value.size > 0 && html`<${DraftTools} />`}
      </div>
      ${
        subject
          ? html`<${DocumentEditor} key=${subject} subject=${subject} />`
          : html`<section class="panel">
            <${Empty} title="Which document?">
              <p>Choose one, change it, and see who would gain and lose what. Nothing is saved until you say so.</p>
            <//>
          </section>`
      }
    </div>`;
}

const SUBJECT = /^(group|user|client|scope):\S(.*\S)?$/;

function NewDocument() {
  const name = useSignal("");
  const isWrong = name.value !== "" && !SUBJECT.test(withKind(name.value));
  const begin = (/** @type {Event} */ event) => {
    stay(event);
    if (name.value && !isWrong) go(hrefOf(withKind(name.value)));
  };
  return html`<form class="new-document" onSubmit=${begin}>
    <label class="field">
      <span>New document</span>
      <input
        value=${name.value}
        placeholder="group:editors"
        autocomplete="off"
        autocapitalize="off"
        spellcheck=${false}
        onInput=${told((value) => (name.value = value.trim()))}
      />
    </label>
    <button type="submit" class="small" disabled=${!name.value || isWrong}>Begin</button>
  </form>`;
}

/** @param {string} name */
const withKind = (name) => (name.includes(":") ? name : `group:${name}`);

function DraftTools() {
  const error = useSignal(/** @type {Error | null} */ (null));
  const plan = async () => {
    error.value = null;
    try {
      downloadJson("plan.json", await api.plan(draftTexts()));
    } catch (failure) {
      error.value = /** @type {Error} */ (failure);
    }
  };
  return html`<div class="draft-tools">
    <p><a href="/map?drafts=1">The map with ${counted(drafts.value.size, "draft")}</a></p>
    ${about.value?.source.kind === "table" && html`<button type="button" class="small" onClick=${plan}>Plan for all drafts</button>`}
    ${error.value && html`<${Failure} error=${error.value} />`}
  </div>`;
}
