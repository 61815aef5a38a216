import { expect, test } from 'vitest';
import { projectFile } from './support.js';

/** Words of CloudWatch's query language; what else stands in a query is a field or a name given with `as`. */
const LANGUAGE = new Set(['and', 'as', 'asc', 'avg', 'bin', 'by', 'count', 'desc', 'display', 'filter', 'in', 'limit', 'max', 'pct', 'sort', 'stats', 'sum']);

const page = projectFile('docs/operating.md');
const queries = [...page.matchAll(/^```text\n(filter .*?)^```$/gms)].map(([, query]) => query!);

test('the questions to the log name fields that its lines have', () => {
  expect(queries.length).toBeGreaterThan(5);
  const log = projectFile('docs/decision-log.md');
  for (const query of queries) {
    const given = [...query.matchAll(/ as (\w+)/g)].map(([, name]) => name!);
    const words = query.replaceAll(/'[^']*'|\b\d+[smhd]?\b/g, '').match(/@?[a-z]\w*/g)!;
    for (const word of words) {
      if (LANGUAGE.has(word) || given.includes(word) || word === '@timestamp') continue;
      expect(log, `${word} in: ${query}`).toContain(`\`${word}\``);
    }
  }
});

test('the questions to the log ask for outcomes, reasons and messages that there are', () => {
  const log = projectFile('docs/decision-log.md');
  const values = page.matchAll(/(?:message|outcome|reason) (?:=|in) (?:'(\w+)'|\[([^\]]+)\])/g);
  const asked = [...values].flatMap(([, one, several]) => one ?? [...several!.matchAll(/\w+/g)].map(([word]) => word));
  expect(asked.length).toBeGreaterThan(8);
  for (const value of asked) expect(log).toContain(`\`${value}\``);
});
