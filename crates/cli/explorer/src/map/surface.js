// The two things a map is drawn on: a canvas for the eye, the clipboard and PNG, and an SVG file.

/** @import { Letter } from "../../api.d.ts" */
import { LETTERS, SHAPES } from "../parts/kinds.js";

/**
 * @typedef {object} Surface
 * @property {(x: number, y: number, width: number, height: number, color: string) => void} rect
 * @property {(x: number, y: number, width: number, height: number, color: string) => void} outline
 * @property {(letter: Letter, x: number, y: number, width: number, height: number) => void} shape
 * @property {(text: string, x: number, y: number, style: TextStyle) => void} text
 * @property {(x: number, y: number, width: number, height: number, draw: () => void) => void} clipped
 *
 * @typedef {object} TextStyle
 * @property {string} color
 * @property {number} size
 * @property {number} [weight]
 * @property {boolean} [mono]
 * @property {number} [angle] in degrees
 * @property {"start" | "middle"} [anchor]
 *
 * @typedef {Record<string, string>} Palette colours by the name of their CSS variable
 */

const MONO = 'ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace';
const SANS = "system-ui, sans-serif";

const COLORS = [
  "panel",
  "line",
  "hover",
  "text",
  "quiet",
  "accent",
  "allow",
  "allow-ink",
  "partial",
  "conditional",
  "conditional-soft",
  "deny",
  "deny-ink",
  "explicit",
  "explicit-ink",
  "open",
  "open-ink",
];

/**
 * The colours of the page as it is, light or dark.
 *
 * @returns {Palette}
 */
export function palette() {
  const style = getComputedStyle(document.documentElement);
  return Object.fromEntries(COLORS.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
}

/**
 * @param {CanvasRenderingContext2D} context scaled already, so that a unit is a CSS pixel
 * @param {Palette} colors
 * @param {number} ratio device pixels for a CSS pixel
 * @returns {Surface}
 */
export function canvasSurface(context, colors, ratio) {
  /** @type {Map<string, HTMLCanvasElement>} */
  const sprites = new Map();
  context.textBaseline = "middle";
  return {
    rect(x, y, width, height, color) {
      context.fillStyle = colors[color] ?? color;
      context.fillRect(x, y, width, height);
    },
    outline(x, y, width, height, color) {
      context.strokeStyle = colors[color] ?? color;
      context.lineWidth = 2;
      context.beginPath();
      context.roundRect(x, y, width, height, 4);
      context.stroke();
    },
    shape(letter, x, y, width, height) {
      const key = `${letter} ${width} ${height}`;
      const sprite = sprites.get(key) ?? spriteOf(letter, width, height, colors, ratio);
      sprites.set(key, sprite);
      context.drawImage(sprite, x, y, width, height);
    },
    text(text, x, y, { color, size, weight = 400, mono = false, angle = 0, anchor = "start" }) {
      context.font = `${weight} ${size}px ${mono ? MONO : SANS}`;
      context.fillStyle = colors[color] ?? color;
      context.textAlign = anchor === "middle" ? "center" : "left";
      if (angle === 0) return context.fillText(text, x, y);
      context.save();
      context.translate(x, y);
      context.rotate((angle * Math.PI) / 180);
      context.fillText(text, 0, 0);
      return context.restore();
    },
    clipped(x, y, width, height, draw) {
      context.save();
      context.beginPath();
      context.rect(x, y, width, height);
      context.clip();
      draw();
      context.restore();
    },
  };
}

// Thousands of cells are drawn for each frame: a shape is drawn once for each size, and copied.
/** @param {Letter} letter @param {number} width @param {number} height @param {Palette} colors @param {number} ratio */
function spriteOf(letter, width, height, colors, ratio) {
  const sprite = document.createElement("canvas");
  sprite.width = Math.ceil(width * ratio);
  sprite.height = Math.ceil(height * ratio);
  const context = sprite.getContext("2d");
  if (!context) return sprite;
  context.scale(sprite.width / 20, sprite.height / 20);
  context.lineCap = "round";
  context.lineJoin = "round";
  for (const { d, fill, stroke, width: line = 1, dash = [] } of SHAPES[letter]) {
    const path = new Path2D(d);
    if (fill) {
      context.fillStyle = colors[fill] ?? "";
      context.fill(path);
    }
    if (stroke) {
      context.strokeStyle = colors[stroke] ?? "";
      context.lineWidth = line;
      context.setLineDash(dash);
      context.stroke(path);
    }
  }
  return sprite;
}

/**
 * @param {Palette} colors
 * @returns {Surface & { written: (width: number, height: number, title: string) => string }}
 */
export function svgSurface(colors) {
  /** @type {string[]} */
  const out = [];
  let clips = 0;
  const box = (/** @type {number[]} */ ...[x = 0, y = 0, width = 0, height = 0]) =>
    `x="${n(x)}" y="${n(y)}" width="${n(width)}" height="${n(height)}"`;
  return {
    rect(x, y, width, height, color) {
      out.push(`<rect ${box(x, y, width, height)} fill="${colors[color] ?? color}"/>`);
    },
    outline(x, y, width, height, color) {
      const line = `fill="none" stroke="${colors[color] ?? color}" stroke-width="2"`;
      out.push(`<rect ${box(x, y, width, height)} rx="4" ${line}/>`);
    },
    shape(letter, x, y, width, height) {
      out.push(`<use href="#${letter}" ${box(x, y, width, height)}/>`);
    },
    text(text, x, y, { color, size, weight = 400, mono = false, angle = 0, anchor = "start" }) {
      const turn = angle === 0 ? "" : ` transform="rotate(${angle} ${n(x)} ${n(y)})"`;
      const place = `x="${n(x)}" y="${n(y)}" dominant-baseline="central" text-anchor="${anchor}"`;
      const font = `font-family="${escaped(mono ? MONO : SANS)}" font-size="${size}" font-weight="${weight}"`;
      out.push(`<text ${place} ${font} fill="${colors[color] ?? color}"${turn}>${escaped(text)}</text>`);
    },
    clipped(x, y, width, height, draw) {
      clips += 1;
      out.push(`<clipPath id="clip${clips}"><rect ${box(x, y, width, height)}/></clipPath>`);
      out.push(`<g clip-path="url(#clip${clips})">`);
      draw();
      out.push("</g>");
    },
    written(width, height, title) {
      const size = `width="${n(width)}" height="${n(height)}" viewBox="0 0 ${n(width)} ${n(height)}"`;
      const symbols = LETTERS.map((letter) => symbolOf(letter, colors)).join("");
      return `<svg xmlns="http://www.w3.org/2000/svg" ${size}><title>${escaped(title)}</title>${symbols}${out.join("")}</svg>\n`;
    },
  };
}

/** @param {Letter} letter @param {Palette} colors */
function symbolOf(letter, colors) {
  const paths = SHAPES[letter].map(({ d, fill, stroke, width = 1, dash }) => {
    const line = stroke
      ? ` stroke="${colors[stroke]}" stroke-width="${width}" stroke-linecap="round" stroke-linejoin="round"`
      : "";
    const dashes = dash ? ` stroke-dasharray="${dash.join(" ")}"` : "";
    return `<path d="${d}" fill="${fill ? colors[fill] : "none"}"${line}${dashes}/>`;
  });
  return `<symbol id="${letter}" viewBox="0 0 20 20" preserveAspectRatio="none">${paths.join("")}</symbol>`;
}

/** @param {number} value */
const n = (value) => String(Math.round(value * 100) / 100);

/** @param {string} text */
function escaped(text) {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
