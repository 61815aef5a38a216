import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { projectFile } from './support.js';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));

interface Job {
  environment?: string;
  needs?: string | string[];
  permissions?: Record<string, string>;
  steps: { run?: string; uses?: string }[];
  'timeout-minutes'?: number;
}

const FILES = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { cwd: PROJECT, encoding: 'utf8' }).trim().split('\n');
const OURS = FILES.filter((file) => file.startsWith('.github/workflows/'));
const EXAMPLES = FILES.filter((file) => /^examples\/ci\/.*\.yml$/.test(file));

const jobsOf = (file: string) => Object.entries((parse(projectFile(file)) as { jobs: Record<string, Job> }).jobs);

test.each([...OURS, ...EXAMPLES])('%s names every action of others by its commit, and says which version that is', (file) => {
  const uses = (projectFile(file).match(/uses: .*/g) ?? []).filter((line) => line !== 'uses: ./.github/actions/gatepost');
  expect(uses.filter((line) => !/^uses: [\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(line))).toEqual([]);
});

describe.each(OURS)('%s', (file) => {
  test('gives each job its own rights and a limit of time', () => {
    expect((parse(projectFile(file)) as { permissions: object }).permissions).toEqual({});
    expect(jobsOf(file).filter(([, job]) => job.permissions === undefined || job['timeout-minutes'] === undefined)).toEqual([]);
  });

  test('knows no secret, and runs no text that comes from outside', () => {
    expect(projectFile(file)).not.toContain('secrets.');
    expect(jobsOf(file).flatMap(([, job]) => job.steps.filter((step) => step.run?.includes('${{')))).toEqual([]);
  });

  test('runs scripts that there are', () => {
    const scripts = projectFile(file).match(/\bscripts\/[\w-]+/g) ?? [];
    expect(scripts.length).toBeGreaterThan(0);
    expect(scripts.filter((script) => !existsSync(`${PROJECT}/${script}`))).toEqual([]);
  });
});

test('a release is published by jobs that wait for approval, after it has been made', () => {
  const jobs = jobsOf('.github/workflows/release.yml');
  const publishing = jobs.filter(([, job]) => job.steps.some((step) => /\b(cargo|npm) publish\b/.test(step.run ?? '')));
  expect(publishing.map(([name, job]) => [name, job.environment, job.needs])).toEqual([['crates', 'crates-io', 'release'], ['npm', 'npm', 'release']]);
  const writing = jobs.filter(([, job]) => Object.values(job.permissions ?? {}).includes('write')).map(([name]) => name);
  expect(writing).toEqual(['release', 'crates', 'npm']);
});

test('the guide of a release is built as in the tests', () => {
  const [, wanted] = /^cargo_tool mdbook (.*)$/m.exec(projectFile('scripts/install-tools')) ?? [];
  const [, version, options] = /--version (\S+) mdbook (.*)$/m.exec(projectFile('.github/workflows/release.yml')) ?? [];
  expect(`${version} ${options}`).toBe(wanted);
});

test('every lock file and every list of exact versions is kept up to date', () => {
  const { updates } = parse(projectFile('.github/dependabot.yml')) as { updates: { 'package-ecosystem': string; directories: string[] }[] };
  const foldersOf = (name: RegExp) => [...new Set(FILES.filter((file) => name.test(file)).map((file) => `/${dirname(file)}`.replace(/^\/\.$/, '/')))].sort();
  const kept = Object.fromEntries(updates.map((update) => [update['package-ecosystem'], [...update.directories].sort()]));
  expect(kept).toEqual({
    cargo: foldersOf(/(^|\/)Cargo\.lock$/),
    npm: foldersOf(/(^|\/)package-lock\.json$/),
    pip: foldersOf(/(^|\/)([\w-]+\.)?requirements\.txt$/),
    'github-actions': ['/', '/examples/ci'],
  });
});
