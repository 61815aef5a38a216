// The map: subjects against routes.

import { html, useMemo } from "../../vendor/preact.js";
import { api } from "../api.js";
import { about, revision } from "../live.js";
import { Empty, Pending } from "../parts/state.js";
import { KINDS, LETTERS, Shape } from "../parts/kinds.js";
import { counted } from "../parts/table.js";
import { routeWords, subjectName, verbOf } from "../parts/words.js";
import { useAnswer } from "../request.js";
import { go, query, withQuery } from "../router.js";
import { draftTexts, drafts } from "../try/drafts.js";
import { MapCanvas } from "./canvas.js";
import { CellPanel } from "./cell-panel.js";
import { letterAt, shown } from "./model.js";
import { sentenceOf } from "./sentences.js";
import { takeCsv, takeJson, takePng, takeSvg } from "./take.js";

/**
 * @import { Letter, MapAnswer, Route } from "../../api.d.ts"
 * @import { Choice, Shown } from "./model.js"
 * @import { Spot } from "./paint.js"
 */

export function MapView() {
  const isWithDrafts = query.value.has("drafts") && drafts.value.size > 0;
  const put = isWithDrafts ? draftTexts() : {};
  const saved = useAnswer((signal) => api.map({}, signal), [revision.value]);
  const tried = useAnswer(
    (signal) => (isWithDrafts ? api.map(put, signal) : null),
    [JSON.stringify(put), revision.value],
  );
  const answer = isWithDrafts && tried.value ? tried.value : saved.value;
  if (isWithDrafts && tried.error) return html`<${Pending} answer=${tried} />`;
  if (!answer) return html`<${Pending} answer=${saved} />`;
  if (answer.subjects.length === 0) return html`<${NoDocuments} />`;
  return html`<${Loaded} answer=${answer} before=${isWithDrafts ? saved.value : null} put=${put} />`;
}

function NoDocuments() {
  return html`<${Empty} title="No documents yet">
    <p>
      ${about.value?.source.name} has no policy document, so nobody may do anything.
      ${about.value?.editable && html` <a href="/try">Write the first one.</a>`}
    </p>
  <//>`;
}

/** @param {{ answer: MapAnswer, before: MapAnswer | null, put: import("../../api.d.ts").Drafts }} props */
function Loaded({ answer, before, put }) {
  const choice = choiceOf(query.value);
  const view = useMemo(() => shown(answer, choice), [answer, JSON.stringify(choice)]);
  const opened = openedSpot(view, query.value);
  const route = opened ? routeAt(view, opened.row) : undefined;
  const unfolded = () => shown(answer, { ...choice, folded: [] });

  const onOpen = (/** @type {Spot} */ { row, column }) => {
    const entry = view.rows[row];
    if (entry?.kind === "family")
      return go(withQuery({ fold: toggled(choice.folded, entry.name) }), { replace: true });
    const subject = view.subjects[column];
    if (!entry || !subject) return undefined;
    return go(withQuery({ subject, verb: verbOf(entry.route), path: entry.route.path }));
  };
  const close = () => {
    go(withQuery({ subject: null, verb: null, path: null }));
    requestAnimationFrame(() =>
      /** @type {HTMLElement | null} */ (document.querySelector(".map-grid [tabindex]"))?.focus(),
    );
  };
  const changedFrom = changesOf(answer, before, view);
  const sentence = (/** @type {Spot} */ spot) =>
    draftSentence(view, spot, changedFrom) ?? sentenceOf(view, spot, answer.revision);
  const isAll = choice.folded.length === 1 && choice.folded[0] === "*";

  return html`<div class=${`map ${route ? "with-panel" : ""}`}>
    <h1 class="unseen">Map: who may call what</h1>
    <div class="map-tools">
      <${Words} name="routes" label="Routes" value=${choice.routes} />
      <${Words} name="subjects" label="Subjects" value=${choice.subjects} />
      <label class="field">
        <span>Order</span>
        <select
          value=${choice.order}
          onChange=${(/** @type {Event & { currentTarget: HTMLSelectElement }} */ { currentTarget }) =>
            go(withQuery({ order: currentTarget.value === "similar" ? "similar" : null }), { replace: true })}
        >
          <option value="name">by name</option>
          <option value="similar">similar together</option>
        </select>
      </label>
      <button
        type="button"
        aria-pressed=${String(isAll)}
        onClick=${() => go(withQuery({ fold: isAll ? null : "*" }), { replace: true })}
      >
        ${isAll ? "Unfold all" : "Fold all"}
      </button>
      ${drafts.value.size > 0 && html`<${DraftsToggle} />`}
      <details class="take">
        <summary>Export</summary>
        <div>
          <button type="button" onClick=${() => takeSvg(view)}>SVG</button>
          <button type="button" onClick=${() => takePng(view)}>PNG</button>
          <button type="button" onClick=${() => takeCsv(unfolded())}>CSV</button>
          <button type="button" onClick=${() => takeJson(unfolded())}>JSON</button>
        </div>
      </details>
    </div>
    <${Legend} only=${choice.only} answer=${answer} view=${view} />
    ${
      view.rows.length === 0 || view.subjects.length === 0
        ? html`<${Empty} title="Nothing is so">
          <p>No route and subject fits. <a href="/map">Show everything</a></p>
        <//>`
        : html`<div class="map-and-panel">
          <${MapCanvas}
            shown=${view}
            opened=${opened}
            isChanged=${(/** @type {number} */ at, /** @type {number} */ column) => changedFrom(at, column) !== null}
            sentence=${sentence}
            onOpen=${onOpen}
          />
          ${route &&
          opened &&
          html`<${CellPanel} subject=${view.subjects[opened.column]} route=${route} drafts=${put} onClose=${close} />`}
        </div>`
    }
  </div>`;
}

/**
 * A field that filters while one writes.
 *
 * @param {{ name: string, label: string, value: string }} props
 */
function Words({ name, label, value }) {
  return html`<label class="field grow">
    <span>${label}</span>
    <input
      type="search"
      name=${name}
      value=${value}
      placeholder="all"
      autocomplete="off"
      spellcheck=${false}
      onInput=${(/** @type {Event & { currentTarget: HTMLInputElement }} */ { currentTarget }) =>
        go(withQuery({ [name]: currentTarget.value }), { replace: true })}
    />
  </label>`;
}

function DraftsToggle() {
  const isOn = query.value.has("drafts");
  return html`<button
    type="button"
    aria-pressed=${String(isOn)}
    onClick=${() => go(withQuery({ drafts: isOn ? null : "1" }), { replace: true })}
  >
    With ${counted(drafts.value.size, "draft")}
  </button>`;
}

/**
 * The legend, which is the filter by kind as well.
 *
 * @param {{ only: Letter[], answer: MapAnswer, view: Shown }} props
 */
function Legend({ only, answer, view }) {
  const there = new Set(answer.cells.join(""));
  return html`<div class="legend" role="group" aria-label="Kinds of cells">
    ${LETTERS.filter((letter) => there.has(letter)).map((letter) => {
      const isOn = only.includes(letter);
      const others = isOn ? only.filter((other) => other !== letter) : [...only, letter];
      return html`<button
        type="button"
        class="legend-item"
        aria-pressed=${String(isOn)}
        title=${KINDS[letter].meaning}
        onClick=${() => go(withQuery({ only: others.join(",") }), { replace: true })}
      >
        <${Shape} letter=${letter} /> ${KINDS[letter].label}
      </button>`;
    })}
    <span class="quiet" role="status">${counted(view.subjects.length, "subject")}, ${counted(view.routes, "route")}</span>
  </div>`;
}

/**
 * @param {URLSearchParams} members
 * @returns {Choice}
 */
function choiceOf(members) {
  const list = (/** @type {string} */ name) => (members.get(name) ?? "").split(",").filter(Boolean);
  return {
    routes: members.get("routes") ?? "",
    subjects: members.get("subjects") ?? "",
    only: LETTERS.filter((letter) => list("only").includes(letter)),
    order: members.get("order") === "similar" ? "similar" : "name",
    folded: list("fold"),
  };
}

/** @param {string[]} folded @param {string} name */
function toggled(folded, name) {
  return (folded.includes(name) ? folded.filter((other) => other !== name) : [...folded, name]).join(",");
}

/** @param {Shown} view @param {URLSearchParams} members @returns {Spot | null} */
function openedSpot(view, members) {
  const column = view.subjects.indexOf(members.get("subject") ?? "");
  const row = view.rows.findIndex(
    (entry) =>
      entry.kind === "route" &&
      entry.route.path === members.get("path") &&
      verbOf(entry.route) === members.get("verb"),
  );
  return column < 0 || row < 0 ? null : { row, column };
}

/** @param {Shown} view @param {number} row @returns {Route | undefined} */
function routeAt(view, row) {
  const entry = view.rows[row];
  return entry?.kind === "route" ? entry.route : undefined;
}

/**
 * What a cell is without the drafts, or null if they do not change it. Subjects are found by name, since a
 * draft may add one.
 *
 * @param {MapAnswer} answer
 * @param {MapAnswer | null} before
 * @param {Shown} view
 * @returns {(at: number, column: number) => Letter | null}
 */
function changesOf(answer, before, view) {
  if (!before) return () => null;
  const columns = new Map(before.subjects.map(({ subject }, at) => [subject, at]));
  return (/** @type {number} */ at, /** @type {number} */ column) => {
    const old = columns.get(view.subjects[column] ?? "");
    const now = answer.cells[at]?.[view.columns[column] ?? -1];
    const letter = old === undefined ? "d" : before.cells[at]?.[old];
    return letter === now ? null : /** @type {Letter} */ (letter);
  };
}

/**
 * @param {Shown} view
 * @param {Spot} spot
 * @param {(at: number, column: number) => Letter | null} changedFrom
 */
function draftSentence(view, { row, column }, changedFrom) {
  const entry = view.rows[row];
  if (entry?.kind !== "route" || column < 0) return null;
  const [old, now] = [changedFrom(entry.at, column), letterAt(entry, column)];
  if (!old || !now) return null;
  const subject = subjectName(view.subjects[column] ?? "");
  return `${subject}, ${routeWords(entry.route)}: ${KINDS[now].label} with your drafts, ${KINDS[old].label} without them`;
}
