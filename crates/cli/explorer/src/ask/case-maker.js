// A call as a case for a suite of `gatepost test`.

import { html, useSignal } from "../../vendor/preact.js";
import { api } from "../api.js";
import { Failure } from "../parts/state.js";

/** @import { Call } from "../../api.d.ts" */

/**
 * @param {object} props
 * @param {Call} props.call
 * @param {string | null | undefined} props.decision what it should stay
 */
export function CaseMaker({ call, decision }) {
  const made = useSignal(/** @type {{ call: string, yaml: string } | null} */ (null));
  const error = useSignal(/** @type {Error | null} */ (null));
  const isCopied = useSignal(false);
  const asked = JSON.stringify(call);
  const make = async () => {
    error.value = null;
    isCopied.value = false;
    try {
      made.value = {
        call: asked,
        ...(await api.testCase({ ...call, expect: decision === "allow" ? "allow" : "deny" })),
      };
    } catch (failure) {
      error.value = /** @type {Error} */ (failure);
    }
  };
  const copy = async () => {
    await navigator.clipboard.writeText(made.value?.yaml ?? "");
    isCopied.value = true;
  };
  const yaml = made.value?.call === asked ? made.value.yaml : null;
  return html`<div class="case">
    <button type="button" class="small" onClick=${make}>Make a test case of it</button>
    ${error.value && html`<${Failure} error=${error.value} />`}
    ${
      yaml &&
      html`<pre class="lines" tabindex="0" role="region" aria-label="Test case">${yaml}</pre>
      <button type="button" class="small" onClick=${copy}>Copy</button>
      <span role="status" class="quiet">${isCopied.value ? "Copied. It belongs into a file of policies/tests." : ""}</span>`
    }
  </div>`;
}
