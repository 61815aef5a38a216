// The map as a file: SVG and PNG of all of it, CSV and JSON of what it shows.

import { KINDS } from "../parts/kinds.js";
import { csv, download, downloadJson } from "../parts/download.js";
import { layoutOf } from "./layout.js";
import { paint } from "./paint.js";
import { canvasSurface, palette, svgSurface } from "./surface.js";

/**
 * @import { Letter } from "../../api.d.ts"
 * @import { RouteRow, Shown } from "./model.js"
 */

const WIDE = 1600;
const PNG_RATIO = 2;
// Browsers refuse canvases that are larger on a side.
const PNG_MOST = 16_000;

/** @param {Shown} shown */
function wholeScene(shown) {
  const layout = layoutOf(shown, WIDE);
  const view = { x: 0, y: 0, width: layout.width, height: layout.height };
  return { shown, layout, view, hovered: null, focused: null, opened: null, isChanged: () => false };
}

/** @param {Shown} shown */
function svgOf(shown) {
  const scene = wholeScene(shown);
  const surface = svgSurface(palette());
  paint(surface, scene);
  return surface.written(scene.layout.width, scene.layout.height, "Who may call what");
}

/** @param {Shown} shown */
export function takeSvg(shown) {
  download("map.svg", "image/svg+xml", svgOf(shown));
}

/** @param {Shown} shown */
export async function takePng(shown) {
  const scene = wholeScene(shown);
  const { width, height } = scene.layout;
  const ratio = Math.min(PNG_RATIO, PNG_MOST / width, PNG_MOST / height);
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  const context = canvas.getContext("2d");
  if (!context) return;
  context.scale(ratio, ratio);
  paint(canvasSurface(context, palette(), ratio), scene);
  const blob = await new Promise((/** @type {(blob: Blob | null) => void} */ resolve) =>
    canvas.toBlob(resolve, "image/png"),
  );
  if (blob) download("map.png", "image/png", blob);
}

/** @param {Shown} shown */
export function takeCsv(shown) {
  const head = ["method", "path", "guard", ...shown.subjects];
  const rows = routeRows(shown).map(({ route, cells }) => [
    route.method,
    route.path,
    route.guard,
    ...shown.subjects.map((_, column) => word(cells, column)),
  ]);
  download("map.csv", "text/csv", csv(head, rows));
}

/** @param {Shown} shown */
export function takeJson(shown) {
  const routes = routeRows(shown).map(({ route, cells }) => ({
    ...route,
    cells: cells
      ? Object.fromEntries(shown.subjects.map((subject, column) => [subject, word(cells, column)]))
      : {},
  }));
  downloadJson("map.json", { subjects: shown.subjects, routes });
}

/** @param {Shown} shown */
const routeRows = ({ rows }) =>
  rows.filter((row) => row.kind === "route").map((row) => /** @type {RouteRow} */ (row));

/** @param {string} cells @param {number} column */
function word(cells, column) {
  const letter = /** @type {Letter | undefined} */ (cells[column]);
  return letter ? KINDS[letter].label : "";
}
