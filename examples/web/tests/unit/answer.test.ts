import { expect, test } from 'vitest';
import { answerOf, list } from '../../src/answer.js';
import type { Identity } from '../../src/session.js';

const who = (...groups: string[]): Identity => ({ username: 'alice', sub: 's-1', groups, expiresAt: 0 });
const EXPLICIT = '{"Message":"User is not authorized to access this resource with an explicit deny"}';
const IMPLICIT = '{"Message":"User is not authorized to access this resource"}';

test.each<[number, string, Identity | null, string, string]>([
  [200, '{}', who('a'), 'allowed', 'Allowed.'],
  [204, '', who('a'), 'allowed', 'Allowed.'],
  [401, '{}', null, 'unauthorized', 'You have not signed in.'],
  [401, '{}', who('a'), 'unauthorized', 'The API did not accept your token: it has ended or was taken back. Sign in again.'],
  [403, IMPLICIT, who('a'), 'forbidden', 'No policy allows it to your group a.'],
  [403, IMPLICIT, who('a', 'b', 'c'), 'forbidden', 'No policy allows it to your groups a, b and c.'],
  [403, EXPLICIT, who('a'), 'forbidden', 'A policy forbids it to your group a.'],
  [403, EXPLICIT, who(), 'forbidden', 'A policy forbids it: you are in no group.'],
  [429, '{}', who('a'), 'failed', 'Too many calls just now. Wait a moment.'],
  [404, '{}', who('a'), 'failed', 'The API did not understand this call.'],
  [500, '{"message":null}', who('a'), 'failed', 'That is not your fault: the API has failed. Try again.'],
])('%i %s', (status, body, identity, kind, sentence) => {
  expect(answerOf(status, body, identity)).toMatchObject({ kind, sentence });
});

test('a body is shown as it is when it is no JSON', () => {
  expect(answerOf(200, '<b>', null).body).toBe('<b>');
  expect(answerOf(200, '{"a":1}', null).body).toBe('{\n  "a": 1\n}');
});

test('a status without a name is shown as its number', () => {
  expect(answerOf(418, '', null).status).toBe('418');
});

test('lists read like sentences', () => {
  expect([[], ['a'], ['a', 'b'], ['a', 'b', 'c']].map(list)).toEqual(['', 'a', 'a and b', 'a, b and c']);
});
