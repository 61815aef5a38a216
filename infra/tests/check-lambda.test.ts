import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { elf } from './elf.js';
import { temporaryFolder } from './support.js';

const script = fileURLToPath(new URL('../../scripts/check-lambda', import.meta.url));

const PACK = `
import sys, zipfile
path, mode, *names = sys.argv[1:]
program = sys.stdin.buffer.read()
with zipfile.ZipFile(path, "w") as package:
    for name in names:
        entry = zipfile.ZipInfo(name)
        entry.create_system, entry.external_attr = 3, int(mode, 8) << 16
        package.writestr(entry, program)
`;

/** What the script says of a package. */
function check(program: Buffer, { machine = 'arm64', mode = '100755', names = ['bootstrap'] } = {}) {
  const path = join(temporaryFolder(), 'package.zip');
  execFileSync('python3', ['-c', PACK, path, mode, ...names], { input: program });
  const { status, stderr } = spawnSync(script, [machine, path], { encoding: 'utf8' });
  return { status, faults: stderr.split('\n').flatMap((line) => (line === '' ? [] : [line.replace(`${path}: `, '')])) };
}

describe('scripts/check-lambda', () => {
  test('is content with a program that Lambda can run', () => {
    expect(check(elf())).toEqual({ status: 0, faults: [] });
    expect(check(elf({ machine: 62 }), { machine: 'x86_64' })).toEqual({ status: 0, faults: [] });
  });

  test.each<[string, Buffer, Parameters<typeof check>[1], string]>([
    ['a program that may not be run', elf(), { mode: '100644' }, '`bootstrap` has mode 100644, not 100755'],
    ['a program of another name', elf(), { names: ['gatepost'] }, 'holds gatepost, and not just `bootstrap`'],
    ['more than the program', elf(), { names: ['bootstrap', 'key.pem'] }, 'holds bootstrap, key.pem, and not just `bootstrap`'],
    ['no program', Buffer.from('#!/bin/sh\n'), {}, '`bootstrap` is no 64-bit little-endian ELF program'],
    ['another machine', elf({ machine: 62 }), {}, '`bootstrap` is for another machine than arm64: e_machine 62, not 183'],
    ['a newer glibc', elf({ version: 'GLIBC_2.35' }), {}, '`bootstrap` needs glibc 2.35; Amazon Linux 2023 has 2.34'],
    ['a library that is not there', elf({ library: 'libssl.so.3' }), {}, '`bootstrap` needs libssl.so.3, which is no part of glibc'],
    ['half a program', elf().subarray(0, 100), {}, 'cannot be read: unpack_from requires a buffer of at least'],
  ])('refuses %s', (_what, program, how, fault) => {
    const { status, faults } = check(program, how);
    expect(faults).toEqual([expect.stringContaining(fault)]);
    expect(status).toBe(1);
  });

  test('refuses what is over its budget', () => {
    const { status, faults } = check(Buffer.concat([elf(), Buffer.alloc(12_000_000)]));
    expect(faults).toEqual([expect.stringMatching(/^zip is \d+ bytes, over/), expect.stringMatching(/^bootstrap is \d+ bytes, over/)]);
    expect(status).toBe(1);
  });
});
