// A field for several names, with those that there are to choose from.

import { html, useId, useRef } from "../../vendor/preact.js";

/**
 * @param {object} props
 * @param {string} props.label
 * @param {string[]} props.value
 * @param {string[]} props.known
 * @param {(value: string[]) => void} props.onChange
 */
export function NamesField({ label, value, known, onChange }) {
  const id = useId();
  const input = useRef(/** @type {HTMLInputElement | null} */ (null));

  // What stands in the field becomes a name at a comma, at Enter, and when the field is left.
  const take = () => {
    const written = (input.current?.value ?? "").split(",").map((name) => name.trim());
    if (input.current) input.current.value = "";
    const added = written.filter((name) => name && !value.includes(name));
    if (added.length > 0) onChange([...value, ...new Set(added)]);
  };
  const onKeyDown = (/** @type {KeyboardEvent & { currentTarget: HTMLInputElement }} */ event) => {
    const isEmpty = event.currentTarget.value === "";
    if (event.key === "," || (event.key === "Enter" && !isEmpty)) {
      event.preventDefault();
      take();
    } else if (event.key === "Backspace" && isEmpty && value.length > 0) {
      onChange(value.slice(0, -1));
    }
  };
  // Choosing from the list is an input without a key.
  const onInput = (
    /** @type {InputEvent & { currentTarget: HTMLInputElement }} */ { currentTarget, inputType },
  ) => {
    if (
      (inputType === undefined || inputType === "insertReplacementText") &&
      known.includes(currentTarget.value)
    )
      take();
  };

  return html`<div class="field wide">
    <label for=${id}>${label}</label>
    <div class="names">
      ${value.map(
        (name) => html`<span class="chip" key=${name}>
          ${name}
          <button
            type="button"
            aria-label=${`Remove ${name}`}
            onClick=${() => onChange(value.filter((other) => other !== name))}
          >×</button>
        </span>`,
      )}
      <input
        id=${id}
        ref=${input}
        list=${`${id}-known`}
        autocomplete="off"
        autocapitalize="off"
        spellcheck=${false}
        onKeyDown=${onKeyDown}
        onInput=${onInput}
        onBlur=${take}
      />
    </div>
    <datalist id=${`${id}-known`}>
      ${known.filter((name) => !value.includes(name)).map((name) => html`<option value=${name} />`)}
    </datalist>
  </div>`;
}
