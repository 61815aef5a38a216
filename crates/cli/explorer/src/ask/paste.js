// A token or a line of the decision log. It goes to the page's own server once, in a body, and leaves the
// field; neither is ever part of an address or kept.

import { html, useSignal } from "../../vendor/preact.js";
import { api } from "../api.js";

/** @import { Call, Explanation } from "../../api.d.ts" */

const TOKEN = /^(Bearer\s+)?[\w-]+\.[\w-]+\.[\w-]*$/i;
const SAID_BY_TOKENS = /** @type {const} */ (["groups", "user", "client", "scopes", "claims"]);

/**
 * @param {object} props
 * @param {Call | null} props.call what the form says
 * @param {(answer: { answer: Explanation | null, error: Error | null }) => void} props.onAnswer
 */
export function Paste({ call, onAnswer }) {
  const fault = useSignal("");
  const onInput = async (/** @type {Event & { currentTarget: HTMLTextAreaElement }} */ { currentTarget }) => {
    const text = currentTarget.value.trim();
    const isLine = text.startsWith("{") && text.endsWith("}");
    fault.value = isLine || TOKEN.test(text) ? "" : "This is neither a token nor a line yet.";
    if (fault.value || !text) return;
    currentTarget.value = "";
    if (!isLine && !call) {
      fault.value = "Name the path first, then paste the token again: it says who calls, and not what.";
      return;
    }
    try {
      onAnswer({
        answer: await api.explain(isLine ? { ...call, log: text } : withToken(call, text)),
        error: null,
      });
    } catch (error) {
      onAnswer({ answer: null, error: /** @type {Error} */ (error) });
    }
  };
  return html`<details>
    <summary>Paste a token or a line of the decision log</summary>
    <label class="field grow">
      <span>Read by this explorer, not verified, not kept</span>
      <textarea
        rows="3"
        autocomplete="off"
        spellcheck=${false}
        aria-describedby="paste-fault"
        aria-invalid=${fault.value ? "true" : undefined}
        onInput=${onInput}
      ></textarea>
    </label>
    <p id="paste-fault" class="no-text" role="status">${fault.value}</p>
  </details>`;
}

/**
 * The call of the form by whoever has the token: it says the groups itself.
 *
 * @param {Call | null} call
 * @param {string} token
 * @returns {Call}
 */
function withToken(call, token) {
  /** @type {Call} */
  const asked = { ...call, token: token.replace(/^Bearer\s+/i, "") };
  for (const name of SAID_BY_TOKENS) delete asked[name];
  return asked;
}
