// Two texts side by side, line by line.

import { html, useMemo } from "../../vendor/preact.js";

/** @typedef {{ kind: "same" | "gone" | "new", left: string | null, right: string | null }} Line */

/**
 * @param {object} props
 * @param {string} props.left
 * @param {string} props.right
 * @param {string} props.leftLabel
 * @param {string} props.rightLabel
 */
export function TextDiff({ left, right, leftLabel, rightLabel }) {
  const lines = useMemo(() => compared(left, right), [left, right]);
  const side = (/** @type {"left" | "right"} */ which, /** @type {string} */ label) => html`<section>
    <h3>${label}</h3>
    <pre tabindex="0" role="region" aria-label=${label}><code>${lines.map((line) => row(line, which))}</code></pre>
  </section>`;
  return html`<div class="text-diff">${side("left", leftLabel)} ${side("right", rightLabel)}</div>`;
}

/** @param {Line} line @param {"left" | "right"} side */
function row(line, side) {
  const text = line[side];
  if (text === null) return html`<span class="line none">${"\n"}</span>`;
  if (line.kind === "same") return html`<span class="line">${`  ${text}\n`}</span>`;
  const [sign, word] = side === "left" ? ["− ", "del"] : ["+ ", "ins"];
  return html`<${word} class="line">${`${sign}${text}\n`}<//>`;
}

/**
 * The longest common run of lines, and what is between.
 *
 * @param {string} left
 * @param {string} right
 * @returns {Line[]}
 */
export function compared(left, right) {
  const [a, b] = [linesOf(left), linesOf(right)];
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start += 1;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a.at(-1 - end) === b.at(-1 - end)) end += 1;
  const middle = between(a.slice(start, a.length - end), b.slice(start, b.length - end));
  const same = (/** @type {string} */ text) => ({
    kind: /** @type {const} */ ("same"),
    left: text,
    right: text,
  });
  return [...a.slice(0, start).map(same), ...middle, ...a.slice(a.length - end).map(same)];
}

/** @param {string[]} a @param {string[]} b @returns {Line[]} */
function between(a, b) {
  // lengths[i][j]: of the longest common run of what is left of a from i and of b from j.
  const lengths = Array.from({ length: a.length + 1 }, () => new Uint32Array(b.length + 1));
  const at = (/** @type {number} */ i, /** @type {number} */ j) => lengths[i]?.[j] ?? 0;
  for (let i = a.length - 1; i >= 0; i -= 1) {
    const row = lengths[i];
    for (let j = b.length - 1; row && j >= 0; j -= 1) {
      row[j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  /** @type {Line[]} */
  const lines = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    const [left = null, right = null] = [a[i], b[j]];
    if (left !== null && left === right) {
      lines.push({ kind: "same", left, right });
      [i, j] = [i + 1, j + 1];
    } else if (left !== null && (right === null || at(i + 1, j) >= at(i, j + 1))) {
      lines.push({ kind: "gone", left, right: null });
      i += 1;
    } else {
      lines.push({ kind: "new", left: null, right });
      j += 1;
    }
  }
  return lines;
}

/** @param {string} text */
const linesOf = (text) => text.replace(/\n$/, "").split("\n");
