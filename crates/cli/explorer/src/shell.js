// What stands around every view: where one is, what is explored, and whether the server is there.

import { html, signal, useEffect, useRef } from "../vendor/preact.js";
import { isReachable } from "./api.js";
import { about } from "./live.js";
import { Empty } from "./parts/state.js";
import { address, parts } from "./router.js";

/**
 * @typedef {object} View
 * @property {string} name in the address
 * @property {string} label
 * @property {() => Promise<import("preact").FunctionComponent>} load
 */

/** @type {View[]} */
const VIEWS = [
  { name: "map", label: "Map", load: async () => (await import("./map/view.js")).MapView },
  { name: "ask", label: "Ask", load: async () => (await import("./ask/view.js")).AskView },
  { name: "try", label: "Try", load: async () => (await import("./try/view.js")).TryView },
  { name: "watch", label: "Watch", load: async () => (await import("./watch/view.js")).WatchView },
  { name: "history", label: "History", load: async () => (await import("./history/view.js")).HistoryView },
];

/** The views whose code is there. */
const loaded = signal(/** @type {Record<string, import("preact").FunctionComponent>} */ ({}));

export function Shell() {
  const name = parts.value[0] ?? "map";
  const view = VIEWS.find((candidate) => candidate.name === name);
  const main = useRef(/** @type {HTMLElement | null} */ (null));
  const isFirst = useRef(true);

  useEffect(() => {
    if (!view || loaded.value[name]) return;
    view.load().then((component) => (loaded.value = { ...loaded.value, [name]: component }));
  }, [name]);

  // A new view is read from its beginning; the first one is where the browser has put people.
  useEffect(() => {
    document.title = [view?.label, about.value?.source.name, "Gatepost"].filter(Boolean).join(" - ");
    if (!isFirst.current) main.current?.focus();
    isFirst.current = false;
  }, [name]);

  const Shown = loaded.value[name];
  return html`<a class="skip" href="#main">To the content</a>
    <${Bar} current=${name} />
    ${!isReachable.value && html`<p class="banner" role="alert">The server is gone. Trying to reach it again…</p>`}
    <main id="main" tabindex="-1" ref=${main} class=${name}>
      ${!view && html`<${Empty} title="Nothing is here"><p><a href="/map">To the map</a></p><//>`}
      ${Shown && about.value && html`<${Shown} />`}
    </main>`;
}

/** @param {{ current: string }} props */
function Bar({ current }) {
  const source = about.value?.source;
  return html`<header class="bar">
    <a class="brand" href="/map"><img src="/icon.svg" alt="" width="28" height="28" />Gatepost</a>
    <nav aria-label="Views">
      ${VIEWS.map(
        ({ name, label }) =>
          html`<a href=${`/${name}`} aria-current=${name === current ? "page" : undefined}>${label}</a>`,
      )}
    </nav>
    ${
      source &&
      html`<p class="source" title=${`${sourceWords(source.kind)} ${source.name}, routes ${about.value?.routes_file ?? "none"}`}>
      <span class="quiet">${sourceWords(source.kind)}</span> <code>${source.name}</code>
      ${!about.value?.editable && html`<span class="tag">read-only</span>`}
    </p>`
    }
  </header>`;
}

/** @param {import("../api.d.ts").About["source"]["kind"]} kind */
function sourceWords(kind) {
  return { folder: "Folder", git: "Revision", table: "Table" }[kind];
}

// The address without a view is that of the map; links within it are relative to it.
if (address.value.pathname === "/") {
  history.replaceState(null, "", `/map${location.search}`);
  address.value = new URL(location.href);
}
