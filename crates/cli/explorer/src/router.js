// Where one is: every view has an address, and links are plain links.

import { computed, signal } from "../vendor/preact.js";

/** The address shown. */
export const address = signal(new URL(location.href));

/** The parts of its path: `/history/group%3Aa` is `["history", "group:a"]`. */
export const parts = computed(() => address.value.pathname.split("/").filter(Boolean).map(decoded));

/** Its query. */
export const query = computed(() => address.value.searchParams);

/**
 * Goes to an address of the page.
 *
 * @param {string} href
 * @param {{ replace?: boolean }} [how] `replace` for what "back" should not undo step by step.
 */
export function go(href, { replace = false } = {}) {
  const to = new URL(href, address.value);
  if (to.href === address.value.href) return;
  if (replace) history.replaceState(null, "", to);
  else history.pushState(null, "", to);
  address.value = to;
}

/**
 * The present address with other members in its query; an empty one is left out.
 *
 * @param {Record<string, string | null | undefined>} changes
 */
export function withQuery(changes) {
  const changed = new URLSearchParams(query.value);
  for (const [name, value] of Object.entries(changes)) {
    if (value) changed.set(name, value);
    else changed.delete(name);
  }
  return link(address.value.pathname, changed);
}

/**
 * An address of the page.
 *
 * @param {string} path
 * @param {URLSearchParams | Record<string, string | null | undefined>} [members]
 */
export function link(path, members = {}) {
  const entries = members instanceof URLSearchParams ? members : Object.entries(members);
  const written = new URLSearchParams();
  for (const [name, value] of entries) if (value) written.set(name, value);
  // Colons, slashes and commas may stand in a query, and are easier to read as they are.
  const text = String(written).replace(/%(?:2F|3A|2C)/g, decodeURIComponent);
  return text ? `${path}?${text}` : path;
}

/** Follows links within the page without loading it again. */
export function followLinks() {
  addEventListener("popstate", () => (address.value = new URL(location.href)));
  document.addEventListener("click", (event) => {
    const isPlain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
    const found = event.target instanceof Element ? event.target.closest("a") : null;
    if (!found || !isPlain || event.defaultPrevented || found.target || found.hasAttribute("download")) return;
    if (found.origin !== location.origin || found.getAttribute("href")?.startsWith("#")) return;
    event.preventDefault();
    go(found.href);
  });
}

/** @param {string} part */
function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
