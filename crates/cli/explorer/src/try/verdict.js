// What a change would do: what is wrong with it, who gains and loses what, which tests fail, how large the
// answers get.

import { html } from "../../vendor/preact.js";
import { Difference } from "../parts/difference.js";
import { Ticked } from "../parts/explanation.js";
import { Pending } from "../parts/state.js";
import { counted } from "../parts/table.js";

/**
 * @import { FailedCase, Fault, Finding, Trial } from "../../api.d.ts"
 * @import { Answer } from "../request.js"
 */

/** @param {{ answer: Answer<Trial> }} props */
export function Verdict({ answer }) {
  const trial = answer.value;
  if (!trial) return html`<${Pending} answer=${answer} />`;
  return html`<div class="verdict" aria-live="polite" aria-busy=${String(answer.isPending)}>
    <${Faults} faults=${trial.faults} />
    ${trial.diff &&
    html`<section>
      <h3>Gains and losses</h3>
      <${Difference} diff=${trial.diff} />
    </section>`}
    ${trial.suite && html`<${Suite} suite=${trial.suite} />`}
    <${Findings} lint=${trial.lint} />
    ${trial.size && html`<${Size} size=${trial.size} />`}
  </div>`;
}

/** @param {{ faults: Trial["faults"] }} props */
function Faults({ faults }) {
  if (faults.length === 0) return null;
  return html`<section class="notice no">
    <h3>This is no policy document</h3>
    <ul>
      ${faults.map((fault) => html`<li>${lineOf(fault)}<${Ticked} text=${typeof fault === "string" ? fault : fault.message} /></li>`)}
    </ul>
  </section>`;
}

/** @param {Fault | Finding | string} place */
function lineOf(place) {
  return typeof place !== "string" && place.line ? html`<span class="quiet">Line ${place.line}: </span>` : "";
}

/** @param {{ suite: { cases: number, failed: FailedCase[] } }} props */
function Suite({ suite: { cases, failed } }) {
  const isOld = (/** @type {FailedCase} */ { before }) => before === "fail";
  return html`<section>
    <h3>Tests</h3>
    ${failed.length === 0
      ? html`<p><span class="tag yes">✓ all passed</span> ${counted(cases, "case")}</p>`
      : html`<p><span class="tag no">✗ ${failed.length} of ${counted(cases, "case")} failed</span></p>
          <ul class="findings">
            ${failed.map(
              (failure) => html`<li>
                <strong>${failure.name}</strong> <${Ticked} text=${failure.outcome} />
                ${isOld(failure) && html`<span class="quiet"> (it fails without the change too)</span>`}
              </li>`,
            )}
          </ul>`}
  </section>`;
}

/** @param {{ lint: Finding[] }} props */
function Findings({ lint }) {
  if (lint.length === 0) return null;
  return html`<section>
    <h3>Lint</h3>
    <ul class="findings">
      ${lint.map(
        (finding) => html`<li>
          <span class=${`tag ${finding.level === "error" ? "no" : "other"}`}>${finding.level}</span>
          ${lineOf(finding)}<${Ticked} text=${finding.message} />
          <code class="rule">${finding.rule}</code>
          ${finding.example?.request && html`<span class="quiet">such as <code>${finding.example.request}</code></span>`}
        </li>`,
      )}
    </ul>
  </section>`;
}

/** @param {{ size: NonNullable<Trial["size"]> }} props */
function Size({ size: { bytes, limit, before } }) {
  const kilo = (/** @type {number} */ count) => count.toLocaleString("en");
  const isOver = bytes > limit;
  return html`<section>
    <h3>Largest answer</h3>
    <meter min="0" max=${limit} high=${limit * 0.8} value=${Math.min(bytes, limit)} aria-label="Largest answer, of the limit"></meter>
    <p class=${isOver ? "no-text" : "quiet"}>
      ${kilo(bytes)} of ${kilo(limit)} bytes${bytes === before ? "" : `, ${kilo(before)} before`}${isOver ? ": too large" : ""}
    </p>
  </section>`;
}
