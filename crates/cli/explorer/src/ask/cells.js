// Cells in lists.

import { letterOf } from "../parts/kinds.js";

/** @import { Cell } from "../../api.d.ts" */

/**
 * Whether it lets somebody do something, or may.
 *
 * @param {Cell} cell
 */
export function isSomething(cell) {
  return cell.decision !== "deny";
}

/**
 * Why a cell is as it is: in the server's sentence, or else by the statement of its example.
 *
 * @param {Cell} cell
 */
export function wordsOf(cell) {
  // The list says who and what already.
  if (cell.sentence) return cell.sentence.slice(cell.sentence.indexOf(": ") + 2);
  if (cell.unknown) return cell.unknown;
  const witness = cell.allowed ?? cell.denied;
  const [statement] = witness?.statements ?? [];
  if (!witness || !statement) return "no statement allows it";
  const when = witness.when ? `, ${witness.when}` : "";
  const verb = letterOf(cell) === "x" ? "denied" : "allowed";
  return `${verb} by ${statement.sid ?? `statement ${statement.statement}`} of ${statement.document}${when}`;
}
