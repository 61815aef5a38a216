/** An element with its attributes and what is in it. Text stays text, whoever wrote it. */
export function element<K extends keyof HTMLElementTagNameMap>(
  name: K, attributes: Readonly<Record<string, string>> = {}, ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(name);
  for (const [attribute, value] of Object.entries(attributes)) made.setAttribute(attribute, value);
  made.append(...children);
  return made;
}

export function button(text: string, kind: '' | 'primary', press: () => unknown): HTMLButtonElement {
  const made = element('button', { type: 'button', ...(kind !== '' && { class: kind }) }, text);
  made.addEventListener('click', press);
  return made;
}
