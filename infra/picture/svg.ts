/** A place in the picture, in pixels. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** An element whose content is markup already. */
export function element(name: string, attributes: Readonly<Record<string, string | number>>, content = ''): string {
  const written = Object.entries(attributes).map(([key, value]) =>
    ` ${key}="${typeof value === 'number' ? Number(value.toFixed(1)) : escaped(value)}"`);
  return `<${name}${written.join('')}${content === '' ? '/>' : `>${content}</${name}>`}`;
}

export function text(x: number, y: number, content: string, classes: string): string {
  return element('text', { x, y, class: classes }, escaped(content));
}

/** As much of a text as fits a width, if its characters are so wide. */
export function clipped(content: string, width: number, character: number): string {
  const most = Math.floor(width / character);
  return content.length <= most ? content : `${content.slice(0, most - 1)}…`;
}

export function escaped(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
