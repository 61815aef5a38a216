// Watch: the calls that go through the gateway of `gatepost dev`, as they come.

import { html, useSignal } from "../../vendor/preact.js";
import { CaseMaker } from "../ask/case-maker.js";
import { about, calls } from "../live.js";
import { Check, TextField } from "../parts/fields.js";
import { Shape } from "../parts/kinds.js";
import { Empty } from "../parts/state.js";
import { Table } from "../parts/table.js";
import { askLink } from "../parts/words.js";
import { go, query, withQuery } from "../router.js";

/** @import { Call, Letter, LiveCall } from "../../api.d.ts" */

export function WatchView() {
  if (!about.value?.watch) {
    return html`<section class="panel">
      <${Empty} title="Nothing to watch">
        <p>
          Calls are seen where they go through a gateway of ours: start <code>gatepost dev</code>, and open the explorer
          that it names.
        </p>
      <//>
    </section>`;
  }
  return html`<${Calls} />`;
}

function Calls() {
  const held = useSignal(/** @type {LiveCall[] | null} */ (null));
  const chosen = useSignal(/** @type {LiveCall | null} */ (null));
  const words = query.value.get("filter") ?? "";
  const isDenied = query.value.has("denied");
  const seen = (held.value ?? calls.value).filter(
    (call) => fits(call, words) && !(isDenied && call.status < 400),
  );
  const onWords = (/** @type {string} */ value) => go(withQuery({ filter: value }), { replace: true });
  const onDenied = (/** @type {boolean} */ isOn) =>
    go(withQuery({ denied: isOn ? "1" : null }), { replace: true });
  const onHold = () => (held.value = held.value ? null : calls.value);
  const missed = held.value ? calls.value.length - held.value.length : 0;

  return html`<section class="panel">
    <div class="head-line">
      <h1>Calls</h1>
      <button type="button" aria-pressed=${String(held.value !== null)} onClick=${onHold}>
        ${held.value ? `Go on${missed > 0 ? ` (${missed} more)` : ""}` : "Hold"}
      </button>
      <${TextField} label="Filter" value=${words} placeholder="path, group or reason" onInput=${onWords} />
      <${Check} label="refused only" isOn=${isDenied} onChange=${onDenied} />
    </div>
    <p class="unseen" role="status">${calls.value[0] ? `${calls.value[0].method} ${calls.value[0].path}: ${calls.value[0].status}` : ""}</p>
    ${chosen.value && html`<${Chosen} key=${chosen.value.id} call=${chosen.value} onClose=${() => (chosen.value = null)} />`}
    ${
      seen.length > 0
        ? html`<${Table}
          caption="Calls, the newest first"
          file="calls"
          rows=${seen}
          rowKey=${(/** @type {LiveCall} */ { id }) => String(id)}
          columns=${columns((call) => (chosen.value = call))}
        />`
        : html`<${Empty} title=${calls.value.length > 0 ? "No call fits" : "No call yet"}>
          <p>${calls.value.length > 0 ? "There are others." : "Call the API through the gateway, and the call stands here."}</p>
        <//>`
    }
  </section>`;
}

/** @param {LiveCall} call @param {string} words */
function fits({ method, path, groups, reason, decision, status }, words) {
  const text = [method, path, status, decision, reason, ...(groups ?? [])].join(" ").toLowerCase();
  return words
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

/** @param {{ call: LiveCall, onClose: () => void }} props */
function Chosen({ call, onClose }) {
  return html`<section class="chosen" aria-label="A test case">
    <div class="head-line">
      <h2>${call.method} ${call.path}</h2>
      <button type="button" class="small" onClick=${onClose}>Close</button>
    </div>
    <${CaseMaker} call=${asCall(call)} decision=${call.decision} />
  </section>`;
}

/** @param {LiveCall} call @returns {Call} */
const asCall = ({ method, path, groups }) => ({ groups: groups ?? [], method, path });

/**
 * @param {(call: LiveCall) => void} onCase
 * @returns {import("../parts/table.js").Column<LiveCall>[]}
 */
function columns(onCase) {
  return [
    {
      name: "time",
      text: ({ time }) => time,
      shown: ({ time }) => html`<time datetime=${time}>${clock(time)}</time>`,
    },
    {
      name: "call",
      text: ({ method, path }) => `${method} ${path}`,
      shown: (call) =>
        html`<span class="route"><span class="verb">${call.method}</span> <code class="path">${call.path}</code></span>`,
    },
    {
      name: "status",
      text: ({ status }) => status,
      shown: ({ status }) => html`<span class=${`tag ${status < 400 ? "yes" : "no"}`}>${status}</span>`,
    },
    {
      name: "decision",
      text: ({ decision }) => decision ?? "",
      shown: ({ decision }) =>
        html`<span class="kind"><${Shape} letter=${letterOf(decision)} />${(decision ?? "").replaceAll("_", " ")}</span>`,
    },
    { name: "reason", text: ({ reason }) => reason ?? "", className: "reason" },
    { name: "groups", text: ({ groups }) => groups?.join(" ") ?? "", className: "names-of" },
    { name: "cache", text: ({ cache }) => cache ?? "" },
    {
      name: "ms",
      text: ({ micros }) => (micros === null ? "" : (micros / 1000).toFixed(1)),
      className: "number",
    },
    {
      name: "",
      shown: (call) => html`<span class="row-tools">
        <a href=${askLink(asCall(call))}>Explain</a>
        <button type="button" class="small" onClick=${() => onCase(call)}>
          Test case<span class="unseen"> of ${call.method} ${call.path}</span>
        </button>
      </span>`,
    },
  ];
}

/** @param {string} time */
function clock(time) {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? time : date.toLocaleTimeString("en-GB");
}

/** @param {string | null} decision @returns {Letter} */
function letterOf(decision) {
  if (decision === "allow" || decision === "public" || decision === "preflight") return "a";
  if (decision === "implicit_deny") return "d";
  return decision ? "x" : "u";
}
