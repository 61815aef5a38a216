// The map for those who do not see it: a grid of which only the cell with the focus is in the page, with
// the names of its row and its column. It lies over its picture, for those who use a magnifier.

import { html, useLayoutEffect, useRef } from "../../vendor/preact.js";
import { KINDS, guardWords } from "../parts/kinds.js";
import { counted } from "../parts/table.js";
import { routeWords } from "../parts/words.js";
import { letterAt } from "./model.js";

/**
 * @import { Layout } from "./layout.js"
 * @import { Row, Shown } from "./model.js"
 * @import { Spot } from "./paint.js"
 */

/**
 * @param {object} props
 * @param {Shown} props.shown
 * @param {Layout} props.layout
 * @param {Spot} props.spot
 * @param {string} props.sentence
 */
export function GridCell({ shown, layout, spot, sentence }) {
  const grid = useRef(/** @type {HTMLDivElement | null} */ (null));
  const { row, column } = spot;
  const entry = shown.rows[row];

  // A cell of its own for each place, so that screen readers say it anew.
  const known = useRef(`${row} ${column}`);
  const hadFocus = grid.current?.contains(document.activeElement) ?? false;
  useLayoutEffect(() => {
    if (known.current === `${row} ${column}`) return;
    known.current = `${row} ${column}`;
    if (!hadFocus) return;
    const cell = /** @type {HTMLElement | null | undefined} */ (grid.current?.querySelector("[tabindex]"));
    cell?.focus({ preventScroll: true });
  });

  if (!entry) return null;
  const isName = column < 0;
  const left = isName ? 0 : layout.label + column * layout.cell;
  const style = {
    left: `${left}px`,
    top: `${layout.head + (layout.tops[row] ?? 0)}px`,
    width: `${isName ? layout.label : layout.cell}px`,
    height: `${layout.row}px`,
  };
  const name = nameOf(entry);
  const expanded = entry.kind === "family" ? String(!entry.isFolded) : undefined;
  return html`<div
      class="map-grid"
      ref=${grid}
      style=${style}
      role="grid"
      aria-label="Who may call what"
      aria-rowcount=${shown.rows.length + 1}
      aria-colcount=${shown.subjects.length + 1}
      aria-readonly="true"
    >
      ${
        !isName &&
        html`<div role="row" aria-rowindex="1">
        <div role="columnheader" aria-colindex=${column + 2}><span class="unseen">${shown.subjects[column]}</span></div>
      </div>`
      }
      <div role="row" aria-rowindex=${row + 2}>
        <div
          key=${`${row} name`}
          role="rowheader"
          aria-colindex="1"
          aria-expanded=${expanded}
          tabindex=${isName ? 0 : undefined}
        >
          <span class="unseen">${name}</span>
        </div>
        ${
          !isName &&
          html`<div key=${`${row} ${column}`} role="gridcell" aria-colindex=${column + 2} tabindex="0">
          <span class="unseen">${cellWords(entry, shown, column)}</span>
        </div>`
        }
      </div>
    </div>
    <p class="unseen" role="status">${sentence}</p>`;
}

/** @param {Row} entry */
function nameOf(entry) {
  if (entry.kind === "route") return routeWords(entry.route);
  return `${entry.name}, ${counted(entry.routes, "route")}`;
}

/** @param {Row} entry @param {Shown} shown @param {number} column */
function cellWords(entry, shown, column) {
  const subject = shown.subjects[column] ?? "";
  if (entry.kind === "family") return `${subject}: ${shareWords(entry, column)}`;
  const letter = letterAt(entry, column);
  return `${subject}: ${letter ? KINDS[letter].label : guardWords(entry.route.guard)}`;
}

/** @param {import("./model.js").FamilyRow} family @param {number} column */
export function shareWords(family, column) {
  const share = family.shares[column];
  if (!share) return "";
  const { allowed, depends, denied } = share;
  const count = allowed + depends + denied;
  if (count === 0) return "no policy is asked here";
  const rest = depends > 0 ? `, ${depends} in part or on a condition` : "";
  return `${allowed} of ${counted(count, "route")} allowed${rest}`;
}
