// History: who changed a document when and why, and what any change came to.

import { html } from "../../vendor/preact.js";
import { api } from "../api.js";
import { about, revision } from "../live.js";
import { Difference } from "../parts/difference.js";
import { Empty, Pending } from "../parts/state.js";
import { Documents } from "../parts/subject-list.js";
import { Table, counted } from "../parts/table.js";
import { TextDiff } from "../parts/text-diff.js";
import { useAnswer } from "../request.js";
import { go, link, parts, query, withQuery } from "../router.js";

/** @import { Revision } from "../../api.d.ts" */

const hrefOf = (/** @type {string} */ subject) => link(`/history/${encodeURIComponent(subject)}`);

export function HistoryView() {
  const subject = parts.value[1];
  if (!about.value?.history) {
    return html`<section class="panel">
      <${Empty} title="No history here">
        <p>There is one of a policy table, and of a folder in a git repository.</p>
      <//>
    </section>`;
  }
  return html`<h1 class="unseen">History</h1>
    <div class="with-list">
      <${Documents} current=${subject} href=${hrefOf} />
      ${
        subject
          ? html`<${Versions} key=${subject} subject=${subject} />`
          : html`<section class="panel"><${Empty} title="Whose history?"><p>Choose a document.</p><//></section>`
      }
    </div>`;
}

/** @param {{ subject: string }} props */
function Versions({ subject }) {
  const answer = useAnswer((signal) => api.history(subject, signal), [subject, revision.value]);
  if (!answer.value) return html`<section class="panel"><${Pending} answer=${answer} /></section>`;
  const versions = [...answer.value.revisions].reverse();
  if (versions.length === 0) {
    return html`<section class="panel"><${Empty} title="No versions"><p>${subject} has no history.</p><//></section>`;
  }
  const named = (/** @type {string} */ name, /** @type {number} */ otherwise) =>
    query.value.get(name) ?? String((versions[otherwise] ?? versions.at(-1))?.version);
  const [from, to] = [named("from", 1), named("to", 0)];
  return html`<div class="stack">
    <section class="panel">
      <h2>${subject}</h2>
      <${Table}
        caption=${`Versions of ${subject}`}
        file="history"
        rows=${versions}
        rowKey=${(/** @type {Revision} */ { version }) => String(version)}
        columns=${columns(from, to)}
      />
    </section>
    ${versions.length > 1 && html`<${Between} subject=${subject} from=${from} to=${to} />`}
  </div>`;
}

/** @param {{ subject: string, from: string, to: string }} props */
function Between({ subject, from, to }) {
  const answer = useAnswer(
    (signal) => api.difference(subject, from, to, signal),
    [subject, from, to, revision.value],
  );
  const diff = answer.value;
  return html`<section class="panel" aria-labelledby="between">
    <h2 id="between">From version ${from} to ${to}</h2>
    ${
      diff
        ? html`<${Difference} diff=${diff} />
          <${TextDiff}
            left=${diff.texts.from ?? ""}
            right=${diff.texts.to ?? ""}
            leftLabel=${`Version ${from}`}
            rightLabel=${`Version ${to}`}
          />`
        : html`<${Pending} answer=${answer} />`
    }
  </section>`;
}

/**
 * @param {string} from
 * @param {string} to
 * @returns {import("../parts/table.js").Column<Revision>[]}
 */
function columns(from, to) {
  const radio = (/** @type {"from" | "to"} */ name, /** @type {string} */ chosen) => ({
    name,
    shown: (/** @type {Revision} */ { version }) => html`<input
      type="radio"
      name=${name}
      aria-label=${`${name} version ${version}`}
      checked=${String(version) === chosen}
      onChange=${() => go(withQuery({ from, to, [name]: String(version) }), { replace: true })}
    />`,
  });
  return [
    radio("from", from),
    radio("to", to),
    { name: "version", text: ({ version }) => version, className: "number" },
    {
      name: "when",
      text: ({ updated_at: at }) => at ?? "unknown",
      shown: ({ updated_at: at }) =>
        at ? html`<time datetime=${at}>${at.replace("T", " ").replace(/(\.\d+)?Z$/, "")}</time>` : "unknown",
    },
    { name: "who", text: ({ updated_by: by }) => by ?? "unknown" },
    { name: "why", text: ({ comment }) => comment ?? "" },
    {
      name: "commit",
      text: ({ source_revision: commit }) => commit ?? "",
      shown: ({ source_revision: commit }) => html`<code>${commit?.slice(0, COMMIT)}</code>`,
    },
    { name: "what", text: ({ what }) => what },
    { name: "meaning", text: meaning },
  ];
}

/** @param {Revision} revision */
function meaning({ gained, lost, unknown }) {
  const words = [
    gained > 0 && `${counted(gained, "request")} gained`,
    lost > 0 && `${counted(lost, "request")} lost`,
  ];
  return `${words.filter(Boolean).join(", ") || "no request changed"}${unknown ? ", perhaps more" : ""}`;
}

// So many digits of a commit does git show.
const COMMIT = 7;
