// What stands where an answer is not there yet, will not come, or is empty.

import { html } from "../../vendor/preact.js";

/**
 * @param {{ answer: import("../request.js").Answer<any> }} props
 */
export function Pending({ answer }) {
  if (answer.error) return html`<${Failure} error=${answer.error} again=${answer.again} />`;
  return answer.value === null && answer.isPending
    ? html`<p class="pending" role="status">Just a moment…</p>`
    : null;
}

/**
 * @param {{ error: Error, again?: () => void }} props
 */
export function Failure({ error, again }) {
  return html`<div class="notice no" role="alert">
    <p>${error.message}</p>
    ${again && html`<button type="button" class="small" onClick=${again}>Try again</button>`}
  </div>`;
}

/**
 * @param {{ title: string, children?: unknown }} props
 */
export function Empty({ title, children }) {
  return html`<div class="empty">
    <h2>${title}</h2>
    ${children}
  </div>`;
}
