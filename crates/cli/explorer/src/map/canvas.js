// The map on the screen: a canvas for the eye, and over it one cell of a grid that has the focus.

import { html, useLayoutEffect, useRef, useSignal } from "../../vendor/preact.js";
import { GridCell } from "./grid-cell.js";
import { moved } from "./keys.js";
import { layoutOf, rowAt } from "./layout.js";
import { paint } from "./paint.js";
import { canvasSurface, palette } from "./surface.js";

/**
 * @import { Shown } from "./model.js"
 * @import { Spot } from "./paint.js"
 * @import { Surface } from "./surface.js"
 */

/**
 * @param {object} props
 * @param {Shown} props.shown
 * @param {Spot | null} props.opened
 * @param {(at: number, column: number) => boolean} props.isChanged
 * @param {(spot: Spot) => string} props.sentence why a cell is as it is
 * @param {(spot: Spot) => void} props.onOpen a cell, or the name of a family to fold it
 */
export function MapCanvas({ shown, opened, isChanged, sentence, onOpen }) {
  const frame = useRef(/** @type {HTMLDivElement | null} */ (null));
  const size = useSignal({ width: 0, height: 0 });
  const hovered = useSignal(/** @type {Spot | null} */ (null));
  const focused = useSignal(/** @type {Spot} */ ({ row: 0, column: -1 }));
  const isFocusSeen = useSignal(false);
  // Each place has a cell of its own: when it is left the focus is lost for a moment, and with it what the
  // browser knows of keys.
  const isByKeys = useRef(false);

  const layout = layoutOf(shown, size.value.width || 800);
  const focus = within(focused.value, shown);
  const looked = hovered.value ?? (isFocusSeen.value ? focus : null);
  const draw = usePainter(frame, size.value, () => ({
    shown,
    layout,
    isChanged,
    opened,
    hovered: hovered.value,
    focused: isFocusSeen.value ? focus : null,
  }));

  useLayoutEffect(() => {
    const element = frame.current;
    if (!element) return undefined;
    const observer = new ResizeObserver(() => {
      size.value = { width: element.clientWidth, height: element.clientHeight };
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  const spotAt = (/** @type {MouseEvent} */ event) => {
    const element = frame.current;
    if (!element) return null;
    const box = element.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    if (y < layout.head || x > element.clientWidth || y > element.clientHeight) return null;
    const row = rowAt(layout, y - layout.head + element.scrollTop);
    const column = x < layout.label ? -1 : Math.floor((x - layout.label + element.scrollLeft) / layout.cell);
    return row < 0 || column >= shown.subjects.length ? null : { row, column };
  };

  const onPointerMove = (/** @type {PointerEvent} */ event) => {
    // The map has moved, and not the pointer, which is not what people look at now.
    if (event.movementX === 0 && event.movementY === 0) return;
    const spot = event.pointerType === "touch" ? null : spotAt(event);
    if (spot?.row !== hovered.value?.row || spot?.column !== hovered.value?.column) hovered.value = spot;
  };

  const onClick = (/** @type {MouseEvent} */ event) => {
    const spot = spotAt(event);
    if (!spot) return;
    focused.value = spot;
    onOpen(spot);
  };

  const onKeyDown = (/** @type {KeyboardEvent} */ event) => {
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      return onOpen(focus);
    }
    const page = Math.max(1, Math.floor((size.value.height - layout.head) / layout.row) - 1);
    const to = moved(focus, event, { rows: shown.rows.length, columns: shown.subjects.length, page });
    if (!to) return undefined;
    event.preventDefault();
    isByKeys.current = true;
    hovered.value = null;
    isFocusSeen.value = true;
    focused.value = to;
    return reveal(to);
  };

  const reveal = (/** @type {Spot} */ spot) => {
    const element = frame.current;
    if (!element) return;
    const [top, bottom] = [layout.tops[spot.row] ?? 0, layout.tops[spot.row + 1] ?? 0];
    const room = element.clientHeight - layout.head;
    if (top < element.scrollTop) element.scrollTop = top;
    else if (bottom > element.scrollTop + room) element.scrollTop = bottom - room;
    const left = Math.max(0, spot.column) * layout.cell;
    const width = element.clientWidth - layout.label - layout.cell;
    if (left < element.scrollLeft) element.scrollLeft = left;
    else if (left > element.scrollLeft + width) element.scrollLeft = left - width;
  };

  return html`<div class="map-frame" ref=${frame} onScroll=${draw}>
    <div
      class="map-extent"
      style=${{ width: `${layout.width}px`, height: `${layout.height}px` }}
      onPointerMove=${onPointerMove}
      onPointerLeave=${() => (hovered.value = null)}
      onPointerDown=${() => (isByKeys.current = false)}
      onClick=${onClick}
      onKeyDown=${onKeyDown}
      onFocusIn=${(/** @type {FocusEvent} */ event) => {
        const isVisible = event.target instanceof Element && event.target.matches(":focus-visible");
        isFocusSeen.value = isByKeys.current || isVisible;
      }}
      onFocusOut=${() => (isFocusSeen.value = false)}
    >
      <canvas aria-hidden="true"></canvas>
      <${GridCell}
        shown=${shown}
        layout=${layout}
        spot=${focus}
        sentence=${isFocusSeen.value && !hovered.value ? sentence(focus) : ""}
      />
    </div>
    ${looked && html`<${Sentence} frame=${frame.current} layout=${layout} spot=${looked} text=${sentence(looked)} />`}
  </div>`;
}

/**
 * Paints with what `scene` gives, soon after each render and whenever the function returned is called.
 *
 * @param {{ current: HTMLDivElement | null }} frame
 * @param {{ width: number, height: number }} size
 * @param {() => Omit<import("./paint.js").Scene, "view">} scene
 */
function usePainter(frame, size, scene) {
  const latest = useRef(scene);
  const pending = useRef(0);
  const surface = useRef(/** @type {Surface | null} */ (null));
  latest.current = scene;

  const draw = () => {
    if (pending.current) return;
    pending.current = requestAnimationFrame(() => {
      pending.current = 0;
      const element = frame.current;
      if (!element || !surface.current) return;
      const view = { x: element.scrollLeft, y: element.scrollTop, ...size };
      paint(surface.current, { ...latest.current(), view });
    });
  };

  useLayoutEffect(() => {
    const prepare = () => {
      const canvas = frame.current?.querySelector("canvas");
      const context = canvas?.getContext("2d");
      if (!canvas || !context || size.width === 0) return;
      const ratio = devicePixelRatio || 1;
      canvas.width = Math.round(size.width * ratio);
      canvas.height = Math.round(size.height * ratio);
      canvas.style.width = `${size.width}px`;
      canvas.style.height = `${size.height}px`;
      context.scale(ratio, ratio);
      surface.current = canvasSurface(context, palette(), ratio);
      draw();
    };
    const scheme = matchMedia("(prefers-color-scheme: dark)");
    prepare();
    scheme.addEventListener("change", prepare);
    return () => scheme.removeEventListener("change", prepare);
  }, [size]);

  useLayoutEffect(draw);
  return draw;
}

/**
 * The sentence beside the cell that is looked at.
 *
 * @param {{ frame: HTMLElement | null, layout: import("./layout.js").Layout, spot: Spot, text: string }} props
 */
function Sentence({ frame, layout, spot, text }) {
  if (!frame || !text) return null;
  const box = frame.getBoundingClientRect();
  const x = box.left + layout.label + Math.max(0, spot.column) * layout.cell - frame.scrollLeft;
  const y = box.top + layout.head + (layout.tops[spot.row + 1] ?? 0) - frame.scrollTop + 6;
  // Above the cell, where there is no room below it.
  const isLow = y > innerHeight - 110;
  const style = {
    left: `${Math.max(8, Math.min(x, innerWidth - Math.min(380, innerWidth - 16) - 8))}px`,
    top: isLow ? "auto" : `${y}px`,
    bottom: isLow ? `${innerHeight - y + layout.row + 14}px` : "auto",
  };
  return html`<div class="map-sentence" style=${style} aria-hidden="true">${text}</div>`;
}

/**
 * The nearest spot that there is.
 *
 * @param {Spot} spot
 * @param {Shown} shown
 * @returns {Spot}
 */
function within({ row, column }, shown) {
  return {
    row: Math.max(0, Math.min(row, shown.rows.length - 1)),
    column: Math.max(-1, Math.min(column, shown.subjects.length - 1)),
  };
}
