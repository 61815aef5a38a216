import { expect, test } from 'vitest';
import { referencePage } from '../reference/page.js';
import { DECLARATIONS } from './documented.js';
import { projectFile } from './support.js';

test('the reference is what the comments of the sources say; `npm --prefix infra run reference` writes it', () => {
  expect(projectFile('docs/reference/construct.md')).toBe(referencePage(DECLARATIONS));
});

test('a property without a comment, or without a default where it can be left out, is a fault', () => {
  const silent = DECLARATIONS.flatMap((declaration) => (declaration.name === 'WholeApi' && declaration.kind === 'object'
    ? [{ ...declaration, properties: declaration.properties.map((property) => ({ ...property, doc: { text: '' } })) }]
    : []));
  expect(() => referencePage(silent)).toThrow('not documented: WholeApi.scope, the default of WholeApi.resultTtl, WholeApi.resultTtl');
});
