// What people have written and not saved: kept in this browser until it is saved or thrown away, for each
// source and subject.

import { computed, signal } from "../../vendor/preact.js";
import { about } from "../live.js";

/** @import { Drafts } from "../../api.d.ts" */

/**
 * @typedef {object} Draft
 * @property {string} text
 * @property {string | null} tag of the document that it was begun from; null if there was none
 */

const PREFIX = "gatepost-draft";

// Counts up when a draft changes, here or in another tab: the store itself tells nobody here.
const turn = signal(0);

const place = computed(() => {
  const source = about.value?.source;
  return source ? `${PREFIX} ${source.kind} ${source.name} ` : null;
});

/** All drafts of this source by subject. */
export const drafts = computed(() => {
  void turn.value;
  /** @type {Map<string, Draft>} */
  const found = new Map();
  const start = place.value;
  if (start === null) return found;
  for (const key of Object.keys(localStorage).sort()) {
    const draft = key.startsWith(start) ? read(key) : null;
    if (draft) found.set(key.slice(start.length), draft);
  }
  return found;
});

/** @returns {Drafts} */
export function draftTexts() {
  return Object.fromEntries([...drafts.value].map(([subject, { text }]) => [subject, text]));
}

/** @param {string} subject @param {Draft} draft */
export function keep(subject, draft) {
  if (place.value === null) return;
  localStorage.setItem(place.value + subject, JSON.stringify(draft));
  turn.value += 1;
}

/** @param {string} subject */
export function throwAway(subject) {
  if (place.value === null) return;
  localStorage.removeItem(place.value + subject);
  turn.value += 1;
}

/** @param {string} key @returns {Draft | null} */
function read(key) {
  try {
    const { text, tag } = JSON.parse(localStorage.getItem(key) ?? "");
    return typeof text === "string" ? { text, tag: typeof tag === "string" ? tag : null } : null;
  } catch {
    return null;
  }
}

addEventListener("storage", () => (turn.value += 1));
