import { beforeAll, describe, expect, test } from 'vitest';
import { CELL, dashboardPicture, TOP } from '../picture/picture.js';
import { dashboardWidgets } from '../picture/widgets.js';
import { releaseTemplate } from '../src/app/release-template.js';
import { projectFile } from './support.js';

let template: any;
beforeAll(() => {
  template = releaseTemplate('gatepost-authorizer-arm64.zip');
});

describe("the guide's picture of the dashboard", () => {
  const picture = projectFile('docs/images/dashboard.svg');

  test('is what is drawn from the template now', () => {
    const hint = 'in infra/: npx tsx bin/dashboard-picture.ts >../docs/images/dashboard.svg';
    expect(dashboardPicture(template) === picture, hint).toBe(true);
  });

  test("has the template's widgets, each where it is and under its title", () => {
    const shape = /<g class="widget" transform="translate\((\d+) (\d+)\)">\s*<rect width="(\d+)" height="(\d+)".*?class="title">(.*?)<\/text>/gs;
    const drawn = [...picture.matchAll(shape)].map(([, x, y, width, height, title]) => ({
      x: Math.floor(Number(x) / CELL.width),
      y: Math.floor((Number(y) - TOP) / CELL.height),
      width: Math.ceil(Number(width) / CELL.width),
      height: Math.ceil(Number(height) / CELL.height),
      title,
    }));
    expect(drawn).toHaveLength(10);
    expect(drawn).toEqual(dashboardWidgets(template).map(({ x, y, width, height, properties }) => ({ x, y, width, height, title: properties.title })));
  });

  test('has every alarm and every column of its tables', () => {
    const alarms = Object.keys(template.Resources).flatMap((id) => /^GatepostAlarms(\w+)[0-9A-F]{8}$/.exec(id)?.[1] ?? []);
    expect(alarms).toHaveLength(10);
    for (const word of [...alarms, 'front_door', 'calls', '@timestamp', 'request_id', 'policy_digest']) expect(picture).toContain(word);
  });

  test('says that its data is made up', () => {
    expect(picture).toContain('example data: not a screenshot');
  });
});

test('a dashboard that nobody has made up data for is not drawn', () => {
  const unknown = JSON.parse(JSON.stringify(template).replaceAll('PolicyBytes', 'PolicyWords'));
  expect(() => dashboardPicture(unknown)).toThrow('no example data for Gatepost PolicyWords Maximum');
});
