import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { firstRevision, readSeeds } from '../src/app/seed.js';
import { temporaryFolder } from './support.js';

const folderWith = (files: Record<string, string>) => {
  const folder = temporaryFolder();
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(folder, path, '..'), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
};

test('files are named after their subjects, as gatepost names them', () => {
  const folder = folderWith({
    'groups/movies-group.json': '{}', 'groups/a%2Fb.json': '{}', 'groups/.hidden.json': '', 'groups/README.md': '', 'users/u.1.json': '{}', 'tests/x.json': '',
  });
  expect(readSeeds(folder).map((seed) => seed.subject)).toEqual(['group:a/b', 'group:movies-group', 'user:u.1']);
});

test('a file that is not JSON stops everything', () => {
  expect(() => readSeeds(folderWith({ 'groups/a.json': '{' }))).toThrow(SyntaxError);
});

test('a document is written as a native map, with its history, and only as the first', () => {
  const document = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Resource: ['GET/a'], Condition: { Bool: { 'aws:SecureTransport': true } } }] };
  const item = {
    subject: { S: 'group:a' },
    version: { N: '1' },
    document: { M: {
      Version: { S: '2012-10-17' },
      Statement: { L: [{ M: {
        Effect: { S: 'Allow' },
        Resource: { L: [{ S: 'GET/a' }] },
        Condition: { M: { Bool: { M: { 'aws:SecureTransport': { BOOL: true } } } } },
      } }] },
    } },
    updated_at: { S: '2026-05-01T12:00:00Z' },
    updated_by: { S: 'me' },
    comment: { S: 'from the example' },
  };
  const put = (revision: string) => ({
    Put: { TableName: 't', Item: { ...item, revision: { N: revision } }, ConditionExpression: 'attribute_not_exists(subject)' },
  });
  expect(firstRevision('t', { subject: 'group:a', document }, new Date('2026-05-01T12:00:00.5Z'), 'me'))
    .toEqual({ TransactItems: [put('0'), put('1')] });
});
