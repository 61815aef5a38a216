import { FROM_HOUR, POINTS, type Series } from './example-data.js';
import { type Box, clipped, element, text } from './svg.js';

const AXIS_WIDTH = 50;
const LEGEND_LINE = 17;
const CHARACTER = 7;

/** Values over time: lines, or areas on top of each other. With an axis from zero, and a legend below. */
export function graph(series: readonly Series[], stacked: boolean, box: Box): string {
  const legend = legendOf(series, box);
  const plot: Box = {
    x: box.x + AXIS_WIDTH, y: box.y + 6, width: box.width - AXIS_WIDTH - 14, height: box.height - 6 - 24 - legend.height,
  };
  const tops = stacked ? stack(series) : series.map(({ values }) => values);
  const top = niceTop(Math.max(1, ...tops.flat()));
  const x = (at: number) => plot.x + (at / (POINTS - 1)) * plot.width;
  const y = (value: number) => plot.y + plot.height * (1 - value / top);
  const point = (value: number, at: number) => `${x(at).toFixed(1)},${y(value).toFixed(1)}`;

  const lines = tops.map((values, index) => {
    const line = element('polyline', { points: values.map(point).join(' '), class: `line s${index}` });
    if (!stacked) return line;
    const below = tops[index - 1] ?? values.map(() => 0);
    const back = below.map(point).reverse();
    return element('polygon', { points: [...values.map(point), ...back].join(' '), class: `area s${index}` }) + line;
  });
  return [...axes(plot, top, y), ...lines, legend.drawn].join('\n');
}

/** For each series the sum of it and all before. */
function stack(series: readonly Series[]): number[][] {
  let below: readonly number[] = [];
  return series.map(({ values }) => {
    const sums = values.map((value, at) => value + (below[at] ?? 0));
    below = sums;
    return sums;
  });
}

/** The least of 1, 2, 3, 4, 5, 6, 8 and 10 times a power of ten that nothing is over. */
function niceTop(most: number): number {
  const power = 10 ** Math.floor(Math.log10(most));
  return power * ([1, 2, 3, 4, 5, 6, 8].find((factor) => factor * power >= most) ?? 10);
}

function axes(plot: Box, top: number, y: (value: number) => number): string[] {
  const values = [0, top / 2, top].flatMap((value) => [
    element('line', { x1: plot.x, x2: plot.x + plot.width, y1: y(value), y2: y(value), class: 'grid' }),
    text(plot.x - 6, y(value) + 4, value.toLocaleString('en'), 'small end'),
  ]);
  const hours = Array.from({ length: 4 }, (_, hour) => {
    const x = plot.x + (hour / 3) * plot.width;
    return text(x, plot.y + plot.height + 17, `${String(FROM_HOUR + hour).padStart(2, '0')}:00`, hour === 3 ? 'small end' : hour === 0 ? 'small' : 'small middle');
  });
  return [...values, ...hours];
}

/** Names with their colours, in as many lines as they need. */
function legendOf(series: readonly Series[], box: Box): { readonly drawn: string; readonly height: number } {
  let [x, line] = [0, 0];
  const places = series.map(({ label }) => {
    const width = 24 + label.length * CHARACTER;
    if (x > 0 && x + width > box.width - 28) [x, line] = [0, line + 1];
    const place = { x, line };
    x += width;
    return place;
  });
  const height = (line + 1) * LEGEND_LINE + 8;
  const drawn = series.map(({ label }, index) => {
    const place = places[index] ?? { x: 0, line: 0 };
    const left = box.x + 14 + place.x;
    const base = box.y + box.height - height + 14 + place.line * LEGEND_LINE;
    return element('rect', { x: left, y: base - 9, width: 10, height: 10, rx: 2, class: `key s${index}` })
      + text(left + 15, base, clipped(label, box.width - 44, CHARACTER), 'small');
  });
  return { drawn: drawn.join('\n'), height };
}
