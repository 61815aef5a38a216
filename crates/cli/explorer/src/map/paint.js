// Draws the map, or the part of it that can be seen.

import { KINDS } from "../parts/kinds.js";
import { subjectName } from "../parts/words.js";
import { ANGLE, VERB_WIDTH } from "./layout.js";
import { letterAt } from "./model.js";

/**
 * @import { Layout } from "./layout.js"
 * @import { FamilyRow, RouteRow, Shown } from "./model.js"
 * @import { Surface } from "./surface.js"
 */

/**
 * @typedef {{ row: number, column: number }} Spot `column` -1 is the name of the row
 *
 * @typedef {object} Scene
 * @property {Shown} shown
 * @property {Layout} layout
 * @property {{ x: number, y: number, width: number, height: number }} view what can be seen of the content
 * @property {Spot | null} hovered
 * @property {Spot | null} focused
 * @property {Spot | null} opened
 * @property {(at: number, column: number) => boolean} isChanged whether a draft changes a cell
 */

/**
 * @param {Surface} surface
 * @param {Scene} scene
 */
export function paint(surface, scene) {
  const { layout, view } = scene;
  surface.rect(0, 0, view.width, view.height, "panel");
  const visible = visibleOf(scene);
  surface.clipped(layout.label, layout.head, view.width - layout.label, view.height - layout.head, () => {
    cross(surface, scene);
    for (let row = visible.firstRow; row < visible.endRow; row += 1) cells(surface, scene, row, visible);
    for (const [spot, color] of marks(scene)) {
      if (spot.column >= 0) around(surface, scene, spot, color);
    }
  });
  surface.clipped(0, layout.head, layout.label, view.height - layout.head, () => {
    for (let row = visible.firstRow; row < visible.endRow; row += 1) label(surface, scene, row);
  });
  names(surface, scene, visible);
  surface.rect(0, layout.head - 1, view.width, 1, "line");
}

/** @param {Scene} scene */
function visibleOf({ layout, view, shown }) {
  const { tops, head, label: left, cell } = layout;
  let firstRow = 0;
  while (firstRow < shown.rows.length && (tops[firstRow + 1] ?? 0) <= view.y) firstRow += 1;
  let endRow = firstRow;
  while (endRow < shown.rows.length && (tops[endRow] ?? 0) < view.y + view.height - head) endRow += 1;
  const firstColumn = Math.max(0, Math.floor(view.x / cell));
  const endColumn = Math.min(shown.subjects.length, Math.ceil((view.x + view.width - left) / cell));
  return { firstRow, endRow, firstColumn, endColumn };
}

/** @typedef {ReturnType<typeof visibleOf>} Visible */

/** @param {Scene} scene @param {number} row */
const topOf = ({ layout, view }, row) => layout.head + (layout.tops[row] ?? 0) - view.y;

/** @param {Scene} scene @param {number} column */
const leftOf = ({ layout, view }, column) => layout.label + column * layout.cell - view.x;

/** @param {Scene} scene @returns {[Spot, string][]} */
function marks({ opened, focused, hovered }) {
  /** @type {[Spot | null, string][]} */
  const all = [
    [opened, "accent"],
    [hovered, "quiet"],
    [focused, "text"],
  ];
  return /** @type {[Spot, string][]} */ (all.filter(([spot]) => spot));
}

// The row and the column of the cell that is looked at.
/** @param {Surface} surface @param {Scene} scene */
function cross(surface, scene) {
  const { layout, view } = scene;
  const spot = scene.hovered ?? scene.focused;
  if (!spot) return;
  const top = topOf(scene, spot.row);
  surface.rect(0, top, view.width, heightOf(layout, spot.row), "hover");
  if (spot.column >= 0) surface.rect(leftOf(scene, spot.column), 0, layout.cell, view.height, "hover");
}

/** @param {Layout} layout @param {number} row */
const heightOf = ({ tops }, row) => (tops[row + 1] ?? 0) - (tops[row] ?? 0);

/** @param {Surface} surface @param {Scene} scene @param {number} row @param {Visible} visible */
function cells(surface, scene, row, visible) {
  const entry = scene.shown.rows[row];
  const top = topOf(scene, row);
  if (entry?.kind === "family") return folded(surface, scene, entry, top, visible);
  if (!entry) return undefined;
  if (!entry.cells) return band(surface, scene, entry, top);
  const { cell, row: height } = scene.layout;
  for (let column = visible.firstColumn; column < visible.endColumn; column += 1) {
    const letter = letterAt(entry, column);
    if (!letter || !KINDS[letter]) continue;
    const left = leftOf(scene, column);
    surface.shape(letter, left + 1, top + 1, cell - 2, height - 2);
    if (scene.isChanged(entry.at, column))
      surface.outline(left + 1.5, top + 1.5, cell - 3, height - 3, "explicit-ink");
  }
  return undefined;
}

// A family in one row: how much of it is allowed, from below, and what depends above that.
/** @param {Surface} surface @param {Scene} scene @param {FamilyRow} family @param {number} top @param {Visible} visible */
function folded(surface, scene, family, top, visible) {
  if (!family.isFolded) return;
  const { cell, row: height, text } = scene.layout;
  for (let column = visible.firstColumn; column < visible.endColumn; column += 1) {
    const share = family.shares[column];
    if (!share) continue;
    const all = share.allowed + share.depends + share.denied;
    if (all === 0) continue;
    const [left, full, base] = [leftOf(scene, column) + 1, height - 2, top + 5];
    const allowed = (full * share.allowed) / all;
    const depends = (full * share.depends) / all;
    const isAll = share.allowed === all;
    surface.rect(left, base, cell - 2, full, "deny");
    surface.rect(left, base + full - allowed, cell - 2, allowed, isAll ? "allow" : "partial");
    surface.rect(left, base + full - allowed - depends, cell - 2, depends, "conditional-soft");
    const words = share.allowed > 0 ? String(share.allowed) : share.depends > 0 ? `◇${share.depends}` : "";
    const style = { color: isAll ? "allow-ink" : "text", size: text - 3, weight: 600 };
    surface.text(words, left + cell / 2 - 1, base + full / 2 + 1, { ...style, anchor: "middle" });
  }
}

/** @param {Surface} surface @param {Scene} scene @param {RouteRow} entry @param {number} top */
function band(surface, scene, entry, top) {
  const { cell, row: height, text, label: left } = scene.layout;
  const [start, width] = [leftOf(scene, 0), scene.shown.subjects.length * cell];
  surface.rect(start + 1, top + 1, width - 2, height - 2, "open");
  const word = entry.route.guard === "public" ? "public" : "not by policies";
  const size = text - 2;
  surface.clipped(start, top, width, height, () =>
    surface.text(word, Math.max(start, left) + 8, top + height / 2, { color: "open-ink", size, weight: 600 }),
  );
}

/** @param {Surface} surface @param {Scene} scene @param {number} row */
function label(surface, scene, row) {
  const entry = scene.shown.rows[row];
  if (!entry) return;
  const { layout } = scene;
  const [top, height] = [topOf(scene, row), heightOf(layout, row)];
  const isLooked = [scene.hovered, scene.focused].some((spot) => spot?.row === row);
  if (isLooked) surface.rect(0, top, layout.label, height, "hover");
  if (entry.kind === "family") {
    const middle = top + height / 2 + 3;
    const sign = entry.isFolded ? "▸" : "▾";
    surface.text(sign, 8, middle, { color: "quiet", size: layout.text });
    const room = Math.floor((layout.label - 64) / (layout.text * 0.6));
    surface.text(shortenedPath(entry.name, room), 22, middle, {
      color: "text",
      size: layout.text,
      weight: 700,
      mono: true,
    });
    const count = String(entry.routes);
    surface.text(count, layout.label - 10 - count.length * 7, middle, {
      color: "quiet",
      size: layout.text - 1,
    });
  } else {
    const isNarrow = layout.label < 300;
    const verbs = isNarrow ? shortVerb(entry.route.method) : shortened(entry.route.method, 7);
    const start = isNarrow ? 40 : VERB_WIDTH + 14;
    const middle = top + height / 2;
    surface.text(verbs, 10, middle, { color: "quiet", size: layout.text - 2, weight: 600, mono: true });
    const room = Math.floor((layout.label - start - 6) / (layout.text * 0.602));
    const path = shortenedPath(entry.route.path, room, entry.family);
    surface.text(path, start, middle, { color: "text", size: layout.text, mono: true });
    const used = start + (path.length + 2) * layout.text * 0.602;
    const rest = Math.floor((layout.label - used - 8) / (layout.text * 0.56));
    const summary = shortened(entry.route.summary, rest);
    if (rest > 5) surface.text(summary, used, middle, { color: "quiet", size: layout.text });
  }
  if (scene.focused?.row === row && scene.focused.column < 0) {
    surface.outline(2, top + 2, layout.label - 4, height - 4, "text");
  }
}

/** @param {Surface} surface @param {Scene} scene @param {Visible} visible */
function names(surface, scene, visible) {
  const { layout, view, shown } = scene;
  const spot = scene.hovered ?? scene.focused;
  surface.rect(0, 0, view.width, layout.head, "panel");
  surface.clipped(layout.label - 2, 0, view.width - layout.label + 2, layout.head, () => {
    for (let column = Math.max(0, visible.firstColumn - 1); column < visible.endColumn; column += 1) {
      const isLooked = spot?.column === column;
      const name = shortened(subjectName(shown.subjects[column] ?? ""), 30);
      const left = leftOf(scene, column) + layout.cell / 2 + 2;
      const style = {
        color: isLooked ? "accent" : "text",
        size: layout.text,
        weight: isLooked ? 700 : 500,
        angle: ANGLE,
      };
      surface.text(name, left, layout.head - 8, style);
    }
  });
}

/** @param {Surface} surface @param {Scene} scene @param {Spot} spot @param {string} color */
function around(surface, scene, spot, color) {
  const { cell } = scene.layout;
  surface.outline(
    leftOf(scene, spot.column) + 1,
    topOf(scene, spot.row) + 1,
    cell - 2,
    heightOf(scene.layout, spot.row) - 2,
    color,
  );
}

/** @param {string} verb */
function shortVerb(verb) {
  return verb === "DELETE" ? "DEL" : verb.slice(0, 4);
}

/** @param {string} text @param {number} room */
const shortened = (text, room) => (text.length > room ? `${text.slice(0, Math.max(1, room - 1))}…` : text);

// What tells routes apart is mostly at the end, and the family stands above.
/** @param {string} path @param {number} room @param {string} [family] */
function shortenedPath(path, room, family = "") {
  if (path.length <= room) return path;
  const rest = path.startsWith(`${family}/`) ? path.slice(family.length) : path;
  return `…${rest.slice(-Math.max(1, room - 1))}`;
}
