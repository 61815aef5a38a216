import { parseAst } from 'vite';
import { beforeAll, describe, expect, test } from 'vitest';
import { CODE, hasNjs, inNjs, inNode } from './pages/runtime.js';
import { type Call, callOf, type Case, casesOf } from './pages/world.js';
import { projectFile } from './support.js';

const FILES = ['passes', 'paths', 'rules', 'redirects'] as const;
const CASES = FILES.flatMap((name) => casesOf(name).map((a) => [name, a.description, a] as const));

/** What the answer must be, by the case. */
function expectAnswer(answer: any, { event }: Call, { want }: Case): void {
  if (want.page !== undefined) return expect(answer).toEqual({ ...event.request, uri: want.page });
  if (want.length !== undefined) return expect(answer.uri).toHaveLength(want.length);
  expect(answer.headers['cache-control']).toEqual({ value: 'no-store' });
  for (const { value } of Object.values<{ value: string }>(answer.headers)) expect(value).toMatch(/^[ -~]*$/);
  if (want.status !== undefined) return expect(answer.statusCode).toBe(want.status);
  expect(answer.statusCode).toBe(302);
  const location = want.home ? '/' : want.location ?? `/auth/login?next=${encodeURIComponent(want.login!)}`;
  expect(answer.headers.location).toEqual({ value: location });
}

describe.each(['Node.js', 'njs'])('in %s', (engine) => {
  const calls = CASES.map(([, , a]) => callOf(a));
  let answers: any[] = [];
  beforeAll(async () => {
    if (engine === 'njs') {
      if (!hasNjs()) throw new Error('njs is missing: scripts/install-tools');
      answers = inNjs(calls);
    } else {
      const handler = await inNode();
      for (const call of calls) answers.push(await handler(call));
    }
  });

  test.each(CASES.map((a, index) => [...a, index] as const))('%s: %s', (_file, _description, a, index) => {
    expectAnswer(answers[index], calls[index]!, a);
  });
});

describe('the code', () => {
  test('stays under the 10 KB that CloudFront takes', () => {
    const size = Buffer.byteLength(CODE);
    expect(size).toBeLessThan(10_240);
    expect(projectFile('docs/browser.md')).toContain(`code is ${size.toLocaleString('en')} bytes`);
  });

  test('is deployed as it is written: nothing in it is more than the runtime has', () => {
    const beyond = new Set<string>();
    (function walk(node: any, parent?: any): void {
      if (Array.isArray(node)) return node.forEach((child) => walk(child, parent));
      if (node === null || typeof node !== 'object') return;
      const isBeyond = BEYOND_RUNTIME.includes(node.type) || ['??', '??=', '||=', '&&='].includes(node.operator) || node.generator === true
        // `await` among arguments, and closures that are async.
        || (node.type === 'AwaitExpression' && parent?.type !== 'VariableDeclarator')
        || (node.type === 'ArrowFunctionExpression' && node.async === true)
        || (node.type === 'Property' && node.shorthand === true);
      if (isBeyond) beyond.add(`${node.type} at ${node.start}`);
      for (const [name, child] of Object.entries(node)) if (name !== 'parent') walk(child, node.type === undefined ? parent : node);
    })(parseAst(CODE));
    expect([...beyond]).toEqual([]);
  });

  test('compares signatures to their end', () => {
    const isSame = new Function(`${/function isSame[^]*?\n}\n/.exec(CODE)![0]} return isSame;`)();
    /** How often the characters of the second text are looked at. */
    const looks = (text: string) => {
      let count = 0;
      isSame('a'.repeat(43), { length: text.length, charCodeAt: (i: number) => (count += 1, text.charCodeAt(i)) });
      return count;
    };
    expect(['b' + 'a'.repeat(42), 'a'.repeat(42) + 'b', 'a'.repeat(43)].map(looks)).toEqual([43, 43, 43]);
  });
});

/** Kinds of syntax, by the names of https://github.com/estree/estree. */
const BEYOND_RUNTIME = [
  'ArrayPattern', 'AssignmentPattern', 'ChainExpression', 'ClassDeclaration', 'ClassExpression', 'ForOfStatement', 'ImportExpression', 'MetaProperty',
  'ObjectPattern', 'SpreadElement', 'TaggedTemplateExpression', 'YieldExpression',
];

test('a pass that others are to make and read alike', async () => {
  const { call } = JSON.parse(projectFile('infra/tests/pages/vector.json'));
  const handler = await inNode();
  expect(await handler(call)).toEqual({ ...call.event.request, uri: '/app/movies/index.html' });
});
