// What the server tells by itself: that documents have changed, and in `gatepost dev` each call.

import { signal } from "../vendor/preact.js";
import { api, isReachable } from "./api.js";

/** @import { About, LiveCall } from "../api.d.ts" */

/** What is explored; null until it is known. */
export const about = signal(/** @type {About | null} */ (null));

/** Changes when any document, route or test does. */
export const revision = signal("");

/** The calls seen, newest first. */
export const calls = signal(/** @type {LiveCall[]} */ ([]));

const MOST_CALLS = 500;
const RETRY_MS = 2000;

/** Listens from now on, and again whenever the server comes back. */
export function listen() {
  learn();
  const source = new EventSource("/api/events");
  source.addEventListener("open", learn);
  source.addEventListener("changed", (event) => (revision.value = JSON.parse(event.data).revision));
  source.addEventListener("call", (event) => add(JSON.parse(event.data)));
  source.addEventListener("error", () => {
    isReachable.value = false;
    // The browser tries again by itself, unless the answer was one that it takes for final.
    if (source.readyState === EventSource.CLOSED) setTimeout(listen, RETRY_MS);
  });
}

async function learn() {
  const known = await api.about().catch(() => null);
  if (!known) return;
  about.value = known;
  revision.value = known.revision;
}

/** @param {LiveCall} call */
function add(call) {
  // After a pause of the connection the last ones are sent again.
  if (calls.value.some(({ id }) => id === call.id)) return;
  calls.value = [call, ...calls.value].slice(0, MOST_CALLS);
}
