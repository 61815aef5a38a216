// The kinds of answers, told by shape, by letter and by colour.

import { html } from "../../vendor/preact.js";

/** @import { Cell, Letter } from "../../api.d.ts" */

/**
 * @typedef {object} Kind
 * @property {string} name for CSS, and for the colours of the map
 * @property {string} label as people say it
 * @property {string} meaning in a sentence about a cell
 */

/** @type {Record<Letter, Kind>} */
export const KINDS = {
  a: { name: "allow", label: "allowed", meaning: "allowed, whatever the parameters" },
  c: { name: "conditional", label: "conditional", meaning: "allowed on a condition" },
  p: { name: "partial", label: "partial", meaning: "allowed for some values of a parameter" },
  d: { name: "deny", label: "denied", meaning: "not allowed by any statement" },
  x: { name: "explicit", label: "explicitly denied", meaning: "denied by a statement" },
  u: { name: "unknown", label: "unknown", meaning: "could not be found out" },
};

/** In the order of legends. */
export const LETTERS = /** @type {Letter[]} */ (Object.keys(KINDS));

/**
 * What stands before a route that no policy is asked for.
 *
 * @param {string} guard
 */
export function guardWords(guard) {
  if (guard === "public") return "public: there is no authorizer, so everyone may";
  return "guarded by something else, such as IAM: policies are not asked";
}

/**
 * @param {Cell} cell
 * @returns {Letter}
 */
export function letterOf(cell) {
  if (cell.decision === "allow") return "a";
  if (cell.decision === "conditional") return "c";
  if (cell.decision === "partial") return "p";
  if (cell.decision === "unknown") return "u";
  return cell.explicit ? "x" : "d";
}

/**
 * The shapes, on a square of 20. A part's colours are names of CSS variables.
 *
 * @typedef {object} Part
 * @property {string} d a path
 * @property {string} [fill]
 * @property {string} [stroke]
 * @property {number} [width]
 * @property {number[]} [dash]
 */

const SQUARE = "M4 0H16A4 4 0 0 1 20 4V16A4 4 0 0 1 16 20H4A4 4 0 0 1 0 16V4A4 4 0 0 1 4 0Z";
const INNER_SQUARE = "M4 1H16A3 3 0 0 1 19 4V16A3 3 0 0 1 16 19H4A3 3 0 0 1 1 16V4A3 3 0 0 1 4 1Z";

/** @type {Record<Letter, Part[]>} */
export const SHAPES = {
  a: [
    { d: SQUARE, fill: "allow" },
    { d: "M5.8 10.4l2.9 2.9 5.6-6", stroke: "allow-ink", width: 2 },
  ],
  p: [
    { d: SQUARE, fill: "partial" },
    { d: "M0 4v12a4 4 0 0 0 4 4h12a4 4 0 0 0 2.83-1.17L1.17 1.17A4 4 0 0 0 0 4z", fill: "allow" },
  ],
  c: [
    { d: SQUARE, fill: "conditional-soft" },
    { d: "M10 1.8l8.2 8.2-8.2 8.2L1.8 10z", fill: "conditional" },
  ],
  d: [
    { d: SQUARE, fill: "deny" },
    { d: "M10 8.3a1.7 1.7 0 1 0 .01 0z", fill: "deny-ink" },
  ],
  x: [
    { d: INNER_SQUARE, fill: "explicit", stroke: "explicit-ink", width: 1.6 },
    { d: "M6.4 6.4l7.2 7.2M13.6 6.4l-7.2 7.2", stroke: "explicit-ink", width: 2.2 },
  ],
  u: [
    { d: INNER_SQUARE, stroke: "deny-ink", width: 1.4, dash: [2.6, 2] },
    { d: "M7.4 7.6a2.6 2.6 0 1 1 3.6 2.5c-.7.3-1 .8-1 1.6M10 14.4v.1", stroke: "text", width: 1.8 },
  ],
};

/**
 * The shape of a kind within text; those who do not see it have the words beside it.
 *
 * @param {{ letter: Letter }} props
 */
export function Shape({ letter }) {
  return html`<svg class="shape" viewBox="0 0 20 20" aria-hidden="true">
    ${SHAPES[letter].map(
      ({ d, fill, stroke, width, dash }) =>
        html`<path
          d=${d}
          class=${`${fill ? `fill-${fill}` : "no-fill"} ${stroke ? `stroke-${stroke}` : ""}`}
          stroke-width=${width}
          stroke-dasharray=${dash?.join(" ")}
          stroke-linecap="round"
          stroke-linejoin="round"
        />`,
    )}
  </svg>`;
}

/**
 * A kind as shape and word.
 *
 * @param {{ letter: Letter }} props
 */
export function KindLabel({ letter }) {
  return html`<span class="kind"><${Shape} letter=${letter} /><span>${KINDS[letter].label}</span></span>`;
}
