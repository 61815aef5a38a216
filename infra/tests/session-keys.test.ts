import { spawnSync } from 'node:child_process';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeEach, describe, expect, test } from 'vitest';
import { readKeys, rotate } from '../src/app/session-keys.js';
import { projectFile, temporaryFolder } from './support.js';

const vector = JSON.parse(projectFile('infra/tests/pages/vector.json'));
const NOW = new Date('2026-11-26T08:34:35.123Z');
const OLDER = { id: 'older', key: Buffer.alloc(32, 8).toString('base64url') };

describe('a rotation', () => {
  test('puts the new key first, keeps the one before, and takes away what is older', () => {
    const { keys, put, removed } = rotate([vector.session_key, OLDER], ['config', 'key:new', 'key:older', 'key:ancient'], NOW, Buffer.alloc(32, 9));
    expect(keys).toEqual([{ id: '20261126T083435Z', key: Buffer.alloc(32, 9).toString('base64url') }, vector.session_key]);
    expect(put.map((entry) => entry.Key)).toEqual(['key:20261126T083435Z', 'key:new']);
    expect(removed).toEqual(['key:older', 'key:ancient']);
  });

  test('gives the edge the key that follows from it, and never the key itself', () => {
    const { put } = rotate([vector.session_key], [], NOW);
    expect(put[1]).toEqual({ Key: 'key:new', Value: vector.page_key });
    expect(JSON.stringify(put)).not.toContain(vector.session_key.key);
  });

  test('makes a key of 32 bytes that nobody knows', () => {
    const [first, second] = [rotate([], [], NOW), rotate([], [], NOW)].map(({ keys }) => keys[0]!.key);
    expect(Buffer.from(first!, 'base64url')).toHaveLength(32);
    expect(first).not.toBe(second);
  });

  test('is not made twice in a second', () => {
    const { keys } = rotate([], [], NOW);
    expect(() => rotate(keys, [], NOW)).toThrow(/there is a key 20261126T083435Z already/);
  });
});

test.each(['{', '{}', '[{"id":"a"}]', '[{"id":"a b","key":"AAAA"}]', `[{"id":"a","key":"${'A'.repeat(42)}"}]`])('a secret that is %s is not read', (secret) => {
  expect(() => readKeys(secret)).toThrow(/^the secret is/);
});

describe('scripts/rotate-session-keys', () => {
  let folder: string;
  beforeEach(() => { folder = temporaryFolder(); });

  /** An `aws` that writes down what it was asked, and answers; `fails` is a command that does not work. */
  function run(args: string[], outputs: string[], fails = '-') {
    const stack = { Stacks: [{ Outputs: outputs.map((name) => ({ OutputKey: name, OutputValue: `the-${name}` })) }] };
    const answers: Record<string, unknown> = {
      'cloudformation describe-stacks': stack,
      'secretsmanager get-secret-value': { SecretString: JSON.stringify([vector.session_key, OLDER]) },
      'cloudfront-keyvaluestore list-keys': { Items: [{ Key: 'config' }, { Key: 'key:new' }, { Key: 'key:older' }] },
      'cloudfront-keyvaluestore describe-key-value-store': { ETag: 'E1' },
      'lambda get-function-configuration': { RevisionId: 'R1', Environment: { Variables: { GATEPOST_SESSION_MODE: 'token', GATEPOST_SESSION_KEYS: 'old' } } },
    };
    writeFileSync(join(folder, 'aws'), `#!${process.execPath}
      const { appendFileSync, readFileSync } = require('fs');
      const command = process.argv.slice(2, 4).join(' ');
      const input = process.argv.includes('--cli-input-json') ? JSON.parse(readFileSync(0, 'utf8')) : undefined;
      appendFileSync(${JSON.stringify(join(folder, 'log'))}, JSON.stringify({ command, args: process.argv.slice(4), input }) + '\\n');
      if (command === ${JSON.stringify(fails)}) { console.error('An error occurred (AccessDenied)'); process.exit(254); }
      const answer = ${JSON.stringify(answers)}[command];
      if (answer) console.log(JSON.stringify(answer));`);
    chmodSync(join(folder, 'aws'), 0o755);
    const program = fileURLToPath(new URL('../bin/rotate-session-keys.ts', import.meta.url));
    const tsx = fileURLToPath(new URL('../node_modules/.bin/tsx', import.meta.url));
    const { status, stdout, stderr } = spawnSync(process.execPath, [tsx, program, ...args], {
      encoding: 'utf8', env: { PATH: folder, HOME: folder, GATEPOST_PATIENCE: '0' },
    });
    const log = readFileSync(join(folder, 'log'), 'utf8').trim().split('\n').map((line) => JSON.parse(line));
    return { status, stdout, stderr, log, changes: log.filter(({ input }) => input !== undefined) };
  }
  const OUTPUTS = ['SessionKeys', 'SessionFunction', 'PageKeyStore'];

  test('tells the edge first, then the secret, then the function, and takes away old keys last', () => {
    const { status, changes, log } = run(['Gatepost'], OUTPUTS);
    expect(status).toBe(0);
    expect(changes.map(({ command }) => command)).toEqual([
      'cloudfront-keyvaluestore update-keys', 'secretsmanager put-secret-value', 'lambda update-function-configuration', 'cloudfront-keyvaluestore update-keys',
    ]);
    const [puts, secret, fn, deletes] = changes.map(({ input }) => input);
    const keys = readKeys(secret.SecretString);
    expect(keys).toHaveLength(2);
    expect(keys[1]).toEqual(vector.session_key);
    expect(puts).toMatchObject({ KvsARN: 'the-PageKeyStore', IfMatch: 'E1', Puts: [{ Key: `key:${keys[0]!.id}` }, { Key: 'key:new', Value: vector.page_key }] });
    expect(fn).toEqual({
      FunctionName: 'the-SessionFunction', RevisionId: 'R1', Environment: { Variables: { GATEPOST_SESSION_MODE: 'token', GATEPOST_SESSION_KEYS: secret.SecretString } },
    });
    expect(deletes).toEqual({ KvsARN: 'the-PageKeyStore', IfMatch: 'E1', Deletes: [{ Key: 'key:older' }] });
    // Arguments can be seen by everybody on the machine.
    for (const { args } of log) for (const { key } of keys) expect(args.join(' ')).not.toContain(key);
  });

  test('changes nothing in a dry run, and shows no key', () => {
    const { status, stdout, changes } = run(['--dry-run', 'Gatepost'], OUTPUTS);
    expect(status).toBe(0);
    expect(changes).toEqual([]);
    expect(stdout).toMatch(/^new {7}\d{8}T\d{6}Z\nkept {6}new\nremoved {3}older\nnothing was changed\n$/);
  });

  test('says that a stack has no site', () => {
    const { status, stderr, changes } = run(['Gatepost'], []);
    expect(stderr).toMatch(/^Gatepost: the stack `Gatepost` has no output SessionKeys; deploy it with -c gatepost:web=true/);
    expect(changes).toEqual([]);
    expect(status).toBe(1);
  });

  test('stops at what does not work, before the function makes passes that the edge does not know', () => {
    const { status, stderr, changes } = run(['Gatepost'], OUTPUTS, 'cloudfront-keyvaluestore update-keys');
    expect(stderr).toMatch(/^Gatepost: aws cloudfront-keyvaluestore update-keys: An error occurred \(AccessDenied\)/);
    expect(changes).toHaveLength(1);
    expect(status).toBe(1);
  });
});
