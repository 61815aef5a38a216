// A table that can be exported as CSV or JSON.

import { html } from "../../vendor/preact.js";
import { csv, download, downloadJson } from "./download.js";

/**
 * @template T
 * @typedef {object} Column
 * @property {string} name
 * @property {(row: T) => unknown} [text] what files have; without it they do not have the column
 * @property {(row: T) => unknown} [shown] what people see; the text, if there is nothing else
 * @property {string} [className]
 */

/**
 * @template T
 * @param {object} props
 * @param {string} props.caption
 * @param {string} props.file the name of its files, without an ending
 * @param {Column<T>[]} props.columns
 * @param {T[]} props.rows
 * @param {(row: T) => unknown} [props.json] what a row is in the JSON file
 * @param {(row: T) => string} [props.rowKey]
 * @param {unknown} [props.tools] more buttons beside those of the files
 */
export function Table({ caption, file, columns, rows, json = (row) => row, rowKey, tools }) {
  const asCsv = () => {
    const written = columns.flatMap(({ name, text }) => (text ? { name, text } : []));
    const values = rows.map((row) => written.map(({ text }) => text(row)));
    download(
      `${file}.csv`,
      "text/csv",
      csv(
        written.map(({ name }) => name),
        values,
      ),
    );
  };
  return html`<div class="table">
    <div class="table-tools">
      <span class="quiet">${counted(rows.length, "row")}</span>
      ${tools}
      <button type="button" class="small" onClick=${asCsv}>CSV<span class="unseen"> of ${caption}</span></button>
      <button type="button" class="small" onClick=${() => downloadJson(`${file}.json`, rows.map(json))}>
        JSON<span class="unseen"> of ${caption}</span>
      </button>
    </div>
    <div class="table-frame" tabindex="0" role="region" aria-label=${caption}>
      <table>
        <caption class="unseen">${caption}</caption>
        <thead>
          <tr>${columns.map(({ name, className }) => html`<th scope="col" class=${className}>${name}</th>`)}</tr>
        </thead>
        <tbody>
          ${rows.map(
            (row, at) => html`<tr key=${rowKey?.(row) ?? at}>
              ${columns.map(({ shown, text, className }) => html`<td class=${className}>${(shown ?? text)?.(row)}</td>`)}
            </tr>`,
          )}
        </tbody>
      </table>
    </div>
  </div>`;
}

/**
 * @param {number} count
 * @param {string} noun
 */
export function counted(count, noun) {
  return `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;
}
