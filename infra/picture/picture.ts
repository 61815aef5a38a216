import { IN_ALARM, measured, refusals, type Series } from './example-data.js';
import { graph } from './graph.js';
import { type Box, clipped, element, text } from './svg.js';
import { table } from './table.js';
import { dashboardWidgets, type Widget } from './widgets.js';

/** The sides of a cell of the grid, in pixels. */
export const CELL = { width: 50, height: 48 } as const;
/** What is above the grid. */
export const TOP = 44;
const COLUMNS = 24;
const GAP = 8;

/**
 * The dashboard of a template as CloudWatch lays it out, with data that is made up. Widgets, their places
 * and titles, the columns of their tables and the alarms are the template's.
 */
export function dashboardPicture(template: object): string {
  const widgets = dashboardWidgets(template);
  const rows = Math.max(...widgets.map(({ y, height }) => y + height));
  const [width, height] = [COLUMNS * CELL.width + GAP, TOP + rows * CELL.height + GAP];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">
<title>The dashboard of Gatepost, drawn from its template with example data</title>
<style>${STYLE}</style>
${element('rect', { width, height, rx: 8, class: 'page' })}
${text(GAP + 6, 29, 'Gatepost', 'heading')}
${text(width - GAP - 6, 29, 'drawn from the template, with example data: not a screenshot', 'small end')}
${widgets.map(drawn).join('\n')}
</svg>
`;
}

function drawn(widget: Widget): string {
  const box = { width: widget.width * CELL.width - GAP, height: widget.height * CELL.height - GAP };
  const [x, y] = [widget.x * CELL.width + GAP, TOP + widget.y * CELL.height + GAP];
  const content: Box = { x: 0, y: 34, width: box.width, height: box.height - 34 };
  return `<g class="widget" transform="translate(${x} ${y})">
${element('rect', { ...box, rx: 6, class: 'card' })}
${text(14, 23, clipped(widget.properties.title, box.width - 28, 8), 'title')}
${contentOf(widget, content)}
</g>`;
}

function contentOf({ type, properties }: Widget, box: Box): string {
  switch (type) {
    case 'alarm':
      return alarms(properties.alarms ?? [], box);
    case 'log':
      return table(properties.query ?? '', { ...box, x: 14, width: box.width - 28, height: box.height - 8 });
    case 'metric':
      return graph((properties.metrics ?? []).flatMap(seriesOf), properties.stacked ?? false, box);
  }
}

/** An alarm's state beside its name, without what CloudFormation puts around it. */
function alarms(arns: readonly string[], box: Box): string {
  const names = arns.map((arn) => arn.replace(/^\$\{GatepostAlarms|[0-9A-F]{8}\.Arn\}$/g, ''));
  const columns = Math.ceil(names.length / 2);
  const [width, height] = [(box.width - 28 + GAP) / columns, (box.height - 8) / 2];
  return names.map((name, index) => {
    const state = IN_ALARM.has(name) ? 'alarm' : 'ok';
    const [x, y] = [14 + (index % columns) * width, box.y + Math.floor(index / columns) * height];
    return element('rect', { x, y, width: width - GAP, height: height - GAP, rx: 4, class: `state ${state}` })
      + element('circle', { cx: x + 16, cy: y + (height - GAP) / 2, r: 5, class: `dot ${state}` })
      + text(x + 29, y + (height - GAP) / 2 + 4.5, name, 'cell')
      + text(x + width - GAP - 10, y + (height - GAP) / 2 + 4.5, state === 'ok' ? 'OK' : 'In alarm', 'small end');
  }).join('\n');
}

/** A metric is an expression that searches for the reasons of an outcome, or is named outright. */
function seriesOf(metric: readonly any[], _index: number, all: readonly any[][]): Series[] {
  const [, outcome] = /Outcome="(\w+)"/.exec(metric[0].expression ?? '') ?? [];
  if (outcome !== undefined) return refusals(outcome);
  const [namespace, name] = metric;
  const { stat } = metric.at(-1);
  const alone = all.filter((other) => other[1] === name).length === 1;
  return [{ label: alone ? name : `${name} ${stat}`, values: measured(`${namespace} ${name} ${stat}`) }];
}

const SERIES = {
  light: ['#1f77b4', '#e07b00', '#2a9d4a', '#c22f4e', '#7d5bbf'],
  dark: ['#5aa9e6', '#ffa94d', '#5fd07f', '#ff7b93', '#b59bf0'],
};

const colours = (series: readonly string[]) => series.map((colour, index) => `.s${index}{--c:${colour}}`).join('');

/** In the reader's own choice of light or dark; readable on either page, since nothing shines through. */
const STYLE = `
svg{--page:#f2f4f7;--card:#fff;--edge:#d5dae1;--ink:#16202c;--dim:#5a6675;--grid:#e6e9ee;--ok:#1d8348;--alarm:#c0262d;--okay:#eef8f1;--on:#fdecec}
${colours(SERIES.light)}
@media (prefers-color-scheme:dark){svg{--page:#0f1720;--card:#18222e;--edge:#33414f;--ink:#e6ebf1;--dim:#9aa7b5;--grid:#293543;--ok:#4cc27d;--alarm:#ff6b70;--okay:#17302a;--on:#3d2028}${colours(SERIES.dark)}}
text{font:13px system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;fill:var(--ink)}
.page{fill:var(--page);stroke:var(--edge)}.card{fill:var(--card);stroke:var(--edge)}
.heading{font-size:18px;font-weight:600}.title{font-size:14px;font-weight:600}
.cell{font-size:12px}.small{font-size:12px;fill:var(--dim)}.strong{font-weight:600}.end{text-anchor:end}.middle{text-anchor:middle}
.grid{stroke:var(--grid)}.line{fill:none;stroke:var(--c);stroke-width:1.8;stroke-linejoin:round}.area{fill:var(--c);fill-opacity:.35}.key{fill:var(--c)}
.state.ok{fill:var(--okay);stroke:var(--ok)}.state.alarm{fill:var(--on);stroke:var(--alarm)}.dot.ok{fill:var(--ok)}.dot.alarm{fill:var(--alarm)}
`;
