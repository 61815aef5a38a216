import { lastRefusals, refusalsByReason, type Row } from './example-data.js';
import { type Box, clipped, element, text } from './svg.js';

const LINE = 25;
const CHARACTER = 6.4;
const WIDTHS: Readonly<Record<string, number>> = { '@timestamp': 94, calls: 64, error: 246, front_door: 110, outcome: 92, reason: 132 };

/** What a query of the log finds, in the columns that it asks for. */
export function table(query: string, box: Box): string {
  const names = columns(query);
  const found = query.includes('stats count(*)') ? refusalsByReason() : lastRefusals();
  let right = 0;
  const shown = names.flatMap((name) => {
    const left = right;
    right += widthOf(name);
    return right <= box.width ? [{ name, left }] : [];
  });
  const hidden = names.slice(shown.length);
  const rows = found.slice(0, Math.floor((box.height - (hidden.length > 0 ? 24 : 0)) / LINE) - 1);
  const line = (row: Row, index: number, classes: string) => shown.map(({ name, left }) =>
    text(box.x + left, box.y + index * LINE + 17, clipped(row[name] ?? '', widthOf(name), CHARACTER), classes)).join('');
  const drawn = [
    line(Object.fromEntries(names.map((name) => [name, name])), 0, 'small strong'),
    ...rows.flatMap((row, index) => [
      element('line', { x1: box.x, x2: box.x + box.width, y1: box.y + (index + 1) * LINE, y2: box.y + (index + 1) * LINE, class: 'grid' }),
      line(row, index + 1, 'cell'),
    ]),
  ];
  if (hidden.length > 0) drawn.push(text(box.x, box.y + box.height - 4, `further right: ${hidden.join(', ')}`, 'small'));
  return drawn.join('\n');
}

function widthOf(column: string): number {
  return WIDTHS[column] ?? 130;
}

/** The columns of a query in the language of CloudWatch Logs Insights. */
function columns(query: string): string[] {
  const [, fields] = /(?:^|\| *)fields (.*)/m.exec(query) ?? [];
  if (fields !== undefined) return fields.split(', ');
  const [, counted, by] = /\| stats count\(\*\) as (\w+) by (.*)/.exec(query) ?? [];
  if (counted === undefined || by === undefined) throw new Error(`cannot tell the columns of ${query}`);
  return [...by.split(', '), counted];
}
