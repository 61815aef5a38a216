import { expect, test } from 'vitest';
import { safeNext } from '../../src/next.js';

test.each(['/', '/app/movies/', '/app/?a=1&b=%0d', '/authors/'])('%s is a page of this origin', (path) => {
  expect(safeNext(path)).toBe(path);
});

test.each([
  null, undefined, '', 'app', '//evil.example/', '/\\evil.example/', '/a\\b', 'https://evil.example/', 'javascript:alert(1)', '/a\r\nb', '/a\u0000', '/auth/login', '/auth',
])('%j is not', (path) => {
  expect(safeNext(path)).toBe('/');
});
