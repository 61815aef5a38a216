// What the page takes of preact, its signals and htm. `npm run vendor` makes vendor/preact.js of it.

import htm from "htm";
import { h } from "preact";

export { Fragment, h, render } from "preact";
export { useEffect, useId, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
export { batch, computed, effect, signal, useComputed, useSignal, useSignalEffect } from "@preact/signals";

/** @type {(strings: TemplateStringsArray, ...values: unknown[]) => import("preact").VNode<any>} */
export const html = /** @type {any} */ (htm.bind(h));
