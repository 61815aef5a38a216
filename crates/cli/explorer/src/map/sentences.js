// Why a cell is as it is, in a sentence. What is known at once is said at once; the reason is asked for
// when somebody stays on the cell, and kept until a document changes.

import { signal } from "../../vendor/preact.js";
import { api } from "../api.js";
import { KINDS, guardWords } from "../parts/kinds.js";
import { routeWords, subjectName } from "../parts/words.js";
import { shareWords } from "./grid-cell.js";
import { letterAt } from "./model.js";

/**
 * @import { Shown } from "./model.js"
 * @import { Spot } from "./paint.js"
 */

const STAY_MS = 60;

/** @typedef {{ revision: string, sentences: ReadonlyMap<string, string> }} Known of one state of the documents */

const known = signal(/** @type {Known} */ ({ revision: "", sentences: new Map() }));
let wanted = "";
let timer = 0;

/**
 * @param {Shown} shown
 * @param {Spot} spot
 * @param {string} revision of the documents
 * @returns {string}
 */
export function sentenceOf(shown, { row, column }, revision) {
  const entry = shown.rows[row];
  if (!entry) return "";
  const subject = shown.subjects[column] ?? "";
  if (entry.kind === "family") {
    if (column < 0) return entry.isFolded ? "Unfold" : "Fold";
    return `${subjectName(subject)}, ${entry.name}: ${shareWords(entry, column)}`;
  }
  if (column < 0) return [routeWords(entry.route), entry.route.summary].filter(Boolean).join(": ");
  const letter = letterAt(entry, column);
  if (!letter) return `${routeWords(entry.route)} is ${guardWords(entry.route.guard)}.`;
  const key = `${subject} ${routeWords(entry.route)}`;
  const found = known.value.revision === revision ? known.value.sentences.get(key) : undefined;
  if (found) return found;
  want(key, revision, () => api.cell(subject, entry.route));
  return `${subjectName(subject)}, ${routeWords(entry.route)}: ${KINDS[letter].meaning}`;
}

/**
 * @param {string} key
 * @param {string} revision
 * @param {() => Promise<import("../../api.d.ts").Cell>} ask
 */
function want(key, revision, ask) {
  if (wanted === key) return;
  wanted = key;
  clearTimeout(timer);
  timer = setTimeout(async () => {
    // Without the reason the sentence stays as short as it is; that the server is gone is told elsewhere.
    const cell = await ask().catch(() => null);
    if (wanted === key) wanted = "";
    if (!cell?.sentence) return;
    const others = known.value.revision === revision ? known.value.sentences : [];
    known.value = { revision, sentences: new Map(others).set(key, cell.sentence) };
  }, STAY_MS);
}
