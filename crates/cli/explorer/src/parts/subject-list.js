// The documents there are, to choose one from.

import { html, useSignal } from "../../vendor/preact.js";
import { api } from "../api.js";
import { revision } from "../live.js";
import { useAnswer } from "../request.js";
import { drafts } from "../try/drafts.js";
import { told } from "./fields.js";
import { Pending } from "./state.js";

/** From how many on they can be searched. */
const MANY = 12;

/** The subjects that have a document. */
export function useSubjects() {
  const answer = useAnswer((signal) => api.documents(signal), [revision.value]);
  return { answer, subjects: answer.value?.documents.map(({ subject }) => subject) ?? [] };
}

/**
 * Those that have a document, and others that may have one already.
 *
 * @param {{ current: string | undefined, href: (subject: string) => string, others?: string[] }} props
 */
export function Documents({ current, href, others = [] }) {
  const { answer, subjects } = useSubjects();
  if (!answer.value) return html`<${Pending} answer=${answer} />`;
  const all = [...new Set([...subjects, ...others])];
  return html`<${SubjectList} subjects=${all} current=${current} href=${href} />`;
}

/**
 * @param {object} props
 * @param {string[]} props.subjects
 * @param {string | undefined} props.current
 * @param {(subject: string) => string} props.href
 */
function SubjectList({ subjects, current, href }) {
  const words = useSignal("");
  const has = (/** @type {string} */ subject) =>
    subject.toLowerCase().includes(words.value.trim().toLowerCase());
  return html`<nav class="subjects" aria-label="Documents">
    ${
      subjects.length > MANY &&
      html`<input
      type="search"
      aria-label="Find a document"
      placeholder="Find…"
      value=${words.value}
      onInput=${told((value) => (words.value = value))}
    />`
    }
    <ul>
      ${subjects.filter(has).map(
        (subject) => html`<li key=${subject}>
          <a href=${href(subject)} aria-current=${subject === current ? "true" : undefined}>
            <span>${subject}</span>
            ${drafts.value.has(subject) && html`<span class="tag">draft</span>`}
          </a>
        </li>`,
      )}
    </ul>
  </nav>`;
}
