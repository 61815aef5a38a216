// What fields say, without their events.

import { html } from "../../vendor/preact.js";

const VERBS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/**
 * A listener that is told what stands in the field.
 *
 * @param {(value: string) => void} use
 */
export function told(use) {
  return (/** @type {Event & { currentTarget: { value: string } }} */ event) => use(event.currentTarget.value);
}

/** @param {Event} event */
export const stay = (event) => event.preventDefault();

/**
 * @param {{ label: string, isOn: boolean, onChange: (isOn: boolean) => void }} props
 */
export function Check({ label, isOn, onChange }) {
  const onInput = (/** @type {Event & { currentTarget: HTMLInputElement }} */ event) =>
    onChange(event.currentTarget.checked);
  return html`<label class="check"><input type="checkbox" checked=${isOn} onChange=${onInput} /> ${label}</label>`;
}

/**
 * The verb of a call, or that it is a page.
 *
 * @param {{ value: string, onChange: (value: string) => void }} props
 */
export function VerbField({ value, onChange }) {
  return html`<label class="field">
    <span>Method</span>
    <select value=${value} onChange=${told(onChange)}>
      ${VERBS.map((verb) => html`<option>${verb}</option>`)}
      <option value="page">page</option>
    </select>
  </label>`;
}

/**
 * A line of text, such as a path, that no keyboard should correct.
 *
 * @param {object} props
 * @param {unknown} props.label
 * @param {string} props.value
 * @param {string} [props.placeholder]
 * @param {string} [props.name]
 * @param {number} [props.rows] of several lines
 * @param {(value: string) => void} props.onInput
 */
export function TextField({ label, value, placeholder, name, rows, onInput }) {
  const rest = {
    name,
    value,
    placeholder,
    autocomplete: "off",
    autocapitalize: "off",
    spellcheck: false,
    onInput: told(onInput),
  };
  return html`<label class="field grow">
    <span>${label}</span>
    ${rows ? html`<textarea rows=${rows} ...${rest}></textarea>` : html`<input ...${rest} />`}
  </label>`;
}
