// Where everything of the map is, in CSS pixels from the top left of its content.

/** @import { Row, Shown } from "./model.js" */

/**
 * @typedef {object} Layout
 * @property {number} cell the width of a column
 * @property {number} row the height of a row of a route
 * @property {number} label the width of what stands left of the cells
 * @property {number} head the height of what stands above them
 * @property {number} lean how far the last name leans out of its column
 * @property {number} width of all
 * @property {number} height of all
 * @property {number[]} tops where each row begins, counted from below the head; and where the last ends
 * @property {number} text the size of letters
 */

/** The angle of the names above, in degrees. */
export const ANGLE = -50;

const LETTER = 0.6;
const SINE = Math.sin((-ANGLE * Math.PI) / 180);
const COSINE = Math.cos((-ANGLE * Math.PI) / 180);

/**
 * @param {Shown} shown
 * @param {number} viewport the width there is
 * @returns {Layout}
 */
export function layoutOf(shown, viewport) {
  const count = shown.subjects.length;
  const cell = count <= 12 ? 30 : count <= 40 ? 22 : 16;
  const row = count <= 40 ? 26 : 19;
  const text = count <= 40 ? 13 : 12;
  const longestName = longest(shown.subjects.map((subject) => subject.replace(/^group:/, "")));
  const nameWidth = Math.min(longestName, 30) * text * LETTER + 8;
  const longestRoute = longest(
    shown.rows.map((entry) => (entry.kind === "route" ? entry.route.path : entry.name)),
  );
  const wanted = longestRoute * text * LETTER + VERB_WIDTH + 24;
  const lean = Math.round(nameWidth * COSINE + text);
  // What few columns leave goes to the summaries of the routes.
  const spare = Math.min(viewport - wanted - count * cell - lean, viewport * 0.25);
  const label = Math.round(Math.max(96, Math.min(wanted, viewport * 0.44, 460) + Math.max(0, spare)));
  const head = Math.round(nameWidth * SINE + text + 10);
  const tops = [0];
  for (const entry of shown.rows) tops.push((tops.at(-1) ?? 0) + heightOf(entry, row));
  const height = head + (tops.at(-1) ?? 0) + 8;
  return { cell, row, label, head, lean, width: label + count * cell + lean, height, tops, text };
}

/** The room for a verb before a path. */
export const VERB_WIDTH = 58;

/**
 * Which row has a height, by its distance from below the head; -1 for none.
 *
 * @param {Layout} layout
 * @param {number} y
 */
export function rowAt({ tops }, y) {
  if (y < 0 || y >= (tops.at(-1) ?? 0)) return -1;
  let [low, high] = [0, tops.length - 1];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((tops[middle] ?? 0) <= y) low = middle;
    else high = middle;
  }
  return low;
}

/** @param {Row} entry @param {number} row */
function heightOf(entry, row) {
  return entry.kind === "family" ? row + 8 : row;
}

/** @param {string[]} texts */
const longest = (texts) => texts.reduce((most, text) => Math.max(most, text.length), 6);
