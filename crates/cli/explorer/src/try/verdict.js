// What a change would do: what is wrong with it, who gains and loses what, which tests fail, how large the
// answers get.

import { html } from "../../vendor/preact.js";
import { Difference } from "../parts/difference.js";
import { Ticked } from "../parts/explanation.js";
import { Pending } from "../parts/state.js";
import { counted } from "../parts/table.js";

/**
 * @import { FailedCase, Finding, Size as Bytes, Trial } from "../../api.d.ts"
 * @import { Answer } from "../request.js"
 */

/** @param {{ answer: Answer<Trial> }} props */
export function Verdict({ answer }) {
  const trial = answer.value;
  if (!trial) return html`<${Pending} answer=${answer} />`;
  return html`<div class="verdict" aria-busy=${String(answer.isPending)}>
    <p role="status">${summary(trial)}</p>
    <${Faults} faults=${trial.faults} />
    ${
      trial.diff &&
      html`<section>
      <h3>Gains and losses</h3>
      <${Difference} diff=${trial.diff} />
    </section>`
    }
    ${trial.suite && html`<${Suite} suite=${trial.suite} />`}
    ${trial.suite_fault && html`<p class="notice other">The tests could not be run: ${trial.suite_fault}</p>`}
    <${Findings} lint=${trial.lint ?? []} />
    ${trial.size && html`<${Size} size=${trial.size} />`}
  </div>`;
}

/** @param {Trial} trial */
function summary({ faults, diff, suite }) {
  if (faults.length > 0) return "";
  const changes = diff ? [`${diff.gained.length} gained`, `${diff.lost.length} lost`] : [];
  const tests = suite
    ? [suite.failed.length === 0 ? "all tests pass" : `${counted(suite.failed.length, "test")} would fail`]
    : [];
  return `${[...changes, ...tests].join(", ")}.`;
}

/** @param {{ faults: Trial["faults"] }} props */
function Faults({ faults }) {
  if (faults.length === 0) return null;
  return html`<section class="notice no">
    <h3>This is no policy document</h3>
    <ul>
      ${faults.map((fault) => html`<li>${lineOf(fault)}<${Ticked} text=${fault.message} /></li>`)}
    </ul>
  </section>`;
}

/** @param {Finding} finding */
function lineOf({ line }) {
  return line ? html`<span class="quiet">Line ${line}: </span>` : "";
}

/** @param {{ suite: { cases: number, failed: FailedCase[] } }} props */
function Suite({ suite: { cases, failed } }) {
  return html`<section>
    <h3>Tests</h3>
    ${
      failed.length === 0
        ? html`<p><span class="tag yes">✓ all passed</span> ${counted(cases, "case")}</p>`
        : html`<p><span class="tag no">✗ ${failed.length} of ${counted(cases, "case")} failed</span></p>
          <ul class="findings">
            ${failed.map((failure) => html`<${Failed} failure=${failure} />`)}
          </ul>`
    }
  </section>`;
}

/** @param {{ failure: FailedCase }} props */
function Failed({ failure: { principal, method, path, difference, file, before } }) {
  return html`<li>
    <strong>${principal}</strong>: <span class="verb">${method ?? "page"}</span> <code>${path}</code>: ${difference}
    <span class="quiet"> in ${file}${before === "fail" && ", and without the change too"}</span>
  </li>`;
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

/** @param {{ size: Bytes }} props */
function Size({ size: { bytes, limit, before } }) {
  if (bytes === null) return null;
  const kilo = (/** @type {number} */ count) => count.toLocaleString("en");
  const isOver = bytes > limit;
  const was = before === null || before === bytes ? "" : `, ${kilo(before)} before`;
  return html`<section>
    <h3>Largest answer</h3>
    <meter
      min="0"
      max=${limit}
      high=${limit * 0.8}
      value=${Math.min(bytes, limit)}
      aria-label="Largest answer, of the limit"
    ></meter>
    <p class=${isOver ? "no-text" : "quiet"}>
      To somebody in all groups: ${kilo(bytes)} of ${kilo(limit)} bytes${was}${isOver ? ": too large" : ""}
    </p>
  </section>`;
}
