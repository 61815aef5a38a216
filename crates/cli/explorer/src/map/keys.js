// Moving through the grid by keys, as the ARIA practices have it.

/** @import { Spot } from "./paint.js" */

/**
 * Where a key leads; null for keys that lead nowhere.
 *
 * @param {Spot} spot
 * @param {Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey">} event
 * @param {{ rows: number, columns: number, page: number }} grid `page` rows are seen at once
 * @returns {Spot | null}
 */
export function moved({ row, column }, { key, ctrlKey, metaKey }, { rows, columns, page }) {
  const isFar = ctrlKey || metaKey;
  const last = { row: rows - 1, column: columns - 1 };
  const down = (/** @type {number} */ by) => ({ row: clamp(row + by, 0, last.row), column });
  const right = (/** @type {number} */ by) => ({ row, column: clamp(column + by, -1, last.column) });
  switch (key) {
    case "ArrowDown":
      return down(isFar ? rows : 1);
    case "ArrowUp":
      return down(isFar ? -rows : -1);
    case "ArrowRight":
      return right(isFar ? columns : 1);
    case "ArrowLeft":
      return right(isFar ? -columns - 1 : -1);
    case "PageDown":
      return down(page);
    case "PageUp":
      return down(-page);
    case "Home":
      return { row: isFar ? 0 : row, column: -1 };
    case "End":
      return { row: isFar ? last.row : row, column: last.column };
    default:
      return null;
  }
}

/** @param {number} value @param {number} least @param {number} most */
const clamp = (value, least, most) => Math.max(least, Math.min(value, most));
