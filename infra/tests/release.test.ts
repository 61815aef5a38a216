import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { elf } from './elf.js';
import { temporaryFolder } from './support.js';

const SCRIPTS = fileURLToPath(new URL('../../scripts', import.meta.url));
const HOST = process.arch === 'arm64' ? 'aarch64' : 'x86_64';
const E_MACHINE = { aarch64: 183, x86_64: 62 };

const PACK = `
import sys, zipfile
for path, program in zip(sys.argv[1::2], sys.argv[2::2]):
    with zipfile.ZipFile(path, "w") as package, open(program, "rb") as file:
        entry = zipfile.ZipInfo("bootstrap")
        entry.create_system, entry.external_attr = 3, 0o100755 << 16
        package.writestr(entry, file.read())
`;

/** What the script runs to build, with stand-ins of $STAND_INS in place of what would take an hour. */
const STUBS = {
  'scripts/build-lambda': `mkdir -p target/lambda
    for name in gatepost-authorizer gatepost-session; do
      python3 "$STAND_INS/pack.py" target/lambda/$name-arm64.zip "$STAND_INS/lambda-aarch64" target/lambda/$name-x86_64.zip "$STAND_INS/lambda-x86_64"
    done`,
  'scripts/release-template': `mkdir -p "$1"
    cp "$2" "$1/gatepost-authorizer-arm64-0123456789abcdef.zip"
    echo '{ "Resources": { "F": { "Type": "AWS::Lambda::Function", "Properties": { "Code": { "S3Key": "gatepost-authorizer-arm64-0123456789abcdef.zip" } } } } }' >"$1/gatepost.template.json"`,
  'scripts/sbom': `mkdir -p target/sbom
    for name in gatepost-authorizer gatepost-cli gatepost-session; do
      echo '{ "bomFormat": "CycloneDX", "metadata": { "component": { "version": "1.2.3" } }, "components": [{}] }' >target/sbom/$name.cdx.json
    done`,
  'scripts/guide': 'mkdir -p target/guide/lint; echo guide >target/guide/index.html; echo trap >target/guide/lint/trap.html',
  'bin/cargo': `if [ "$1" = about ]; then
      while [ "$1" != --output-file ]; do shift; done
      echo terms >"$2"
    elif [ "$1" = run ]; then
      for file in man/gatepost.1 completions/gatepost.bash completions/_gatepost completions/gatepost.fish; do
        mkdir -p "$(dirname "\${!#}/$file")"; echo "$file" >"\${!#}/$file"
      done
    else
      target=\${3%.2.28}
      mkdir -p "target/$target/release"
      cp "$STAND_INS/command-\${target%%-*}" "target/$target/release/gatepost"
    fi`,
  'bin/npm': `[ "$1" = pack ] || exit 0; echo package >"\${!#}/gatepost-infra-1.2.3.tgz"`,
};

const FILES = {
  'Cargo.toml': '[workspace.package]\nversion = "1.2.3"\n\n[workspace.dependencies]\ngatepost-core = { path = "crates/core", version = "1.2.3" }\nserde = { version = "1" }\n',
  'Cargo.lock': '',
  'CHANGELOG.md': '# Changelog\n\n## [Unreleased]\n\n## [1.2.3] - 2026-12-01\n\n- [What](docs/a.md) is [new](https://b.example).\n\n### Mended\n\n- All.\n\n## [1.2.2] - 2026-11-01\n\n- Old.\n',
  'infra/package.json': '{ "version": "1.2.3" }\n',
  'infra/package-lock.json': '{}\n',
  'LICENSE': 'Apache\n',
  'README.md': '# Gatepost\n',
  '.gitignore': '/target\n/.tools\n',
};

const GITHUB = {
  GITHUB_ACTIONS: 'true', GITHUB_SERVER_URL: 'https://git.example', GITHUB_REPOSITORY: 'a/b', GITHUB_REF: 'refs/tags/v1.2.3',
  GITHUB_WORKFLOW_REF: 'a/b/.github/workflows/release.yml@refs/tags/v1.2.3', GITHUB_RUN_ID: '7', GITHUB_RUN_ATTEMPT: '1',
};

let standIns: string;
let project: string;

function write(path: string, text: string): void {
  mkdirSync(dirname(join(project, path)), { recursive: true });
  writeFileSync(join(project, path), text);
}

function run(script: string, args: string[] = [], environment: Record<string, string> = {}) {
  const { status, stdout, stderr } = spawnSync(join(project, 'scripts', script), args, {
    cwd: project, encoding: 'utf8',
    env: { PATH: `${project}/bin:${process.env['PATH']}`, HOME: project, STAND_INS: standIns, ...environment },
  });
  return { status, stdout, stderr };
}

function git(...args: string[]): void {
  const who = ['-c', 'user.name=somebody', '-c', 'user.email=somebody@example.com'];
  const date = '2026-12-01T12:00:00Z';
  execFileSync('git', [...who, ...args], { cwd: project, stdio: 'pipe', env: { PATH: process.env['PATH'], HOME: project, GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date } });
}

function commit(): void {
  git('add', '--all');
  git('commit', '--quiet', '--message', 'a commit');
}

const released = (name = '') => join(project, 'target/release-files', name);

/** A command that is linked for no glibc, so that it can be run here. */
function command(path: string, version: string): void {
  const source = `${path}.c`;
  writeFileSync(source, `#include <stdio.h>\nint main(void) { puts("gatepost ${version}"); }\n`);
  execFileSync('cc', ['-static', '-o', path, source]);
}

beforeAll(() => {
  standIns = temporaryFolder();
  writeFileSync(join(standIns, 'pack.py'), PACK);
  for (const machine of ['aarch64', 'x86_64'] as const) {
    writeFileSync(join(standIns, `lambda-${machine}`), elf({ machine: E_MACHINE[machine] }));
    writeFileSync(join(standIns, `command-${machine}`), elf({ machine: E_MACHINE[machine], version: 'GLIBC_2.28' }));
  }
  command(join(standIns, `command-${HOST}`), '1.2.3');
});

beforeEach(() => {
  project = temporaryFolder();
  for (const [path, text] of Object.entries(FILES)) write(path, text);
  for (const [path, text] of Object.entries(STUBS)) {
    write(path, `#!/bin/bash\nset -eu\n${text}\n`);
    chmodSync(join(project, path), 0o755);
  }
  for (const script of ['release', 'release.requirements.txt', 'check-release', 'check-lambda']) copyFileSync(join(SCRIPTS, script), join(project, 'scripts', script));
  git('init', '--quiet');
  commit();
  // Tools that are there are not installed.
  write('.tools/release/requirements.txt', readFileSync(join(SCRIPTS, 'release.requirements.txt'), 'utf8'));
  write('.tools/bin/cargo-about', '');
  chmodSync(join(project, '.tools/bin/cargo-about'), 0o755);
});

describe('scripts/release', () => {
  test('makes every file of a release, with which scripts/check-release is content', () => {
    git('tag', 'v1.2.3');
    const made = run('release');
    expect(made.stderr).toBe('');
    expect(made.stdout).toMatch(/^Gatepost 1\.2\.3, commit [0-9a-f]{12}, tag v1\.2\.3\n/);
    expect(readdirSync(released()).sort()).toEqual([
      'SHA256SUMS', 'THIRD-PARTY-LICENSES.txt', 'gatepost-1.2.3-aarch64-unknown-linux-gnu.tar.gz', 'gatepost-1.2.3-x86_64-unknown-linux-gnu.tar.gz',
      'gatepost-authorizer-arm64-0123456789abcdef.zip', 'gatepost-authorizer-arm64.zip', 'gatepost-authorizer-x86_64.zip', 'gatepost-authorizer.cdx.json',
      'gatepost-cli.cdx.json', 'gatepost-guide-1.2.3.tar.gz', 'gatepost-infra-1.2.3.tgz', 'gatepost-session-arm64.zip', 'gatepost-session-x86_64.zip',
      'gatepost-session.cdx.json', 'gatepost.template.json', 'provenance.json',
    ]);
    const { status, stdout, stderr } = run('check-release');
    expect(stderr).toBe('');
    expect(stdout).toContain('gatepost --version: gatepost 1.2.3\n');
    expect(status).toBe(0);
    // Users have other tools.
    execFileSync('sha256sum', ['--check', '--quiet', 'SHA256SUMS'], { cwd: released() });
  });

  test('makes the same bytes of the same commit', () => {
    run('release');
    const before = readFileSync(released('SHA256SUMS'), 'utf8');
    rmSync(released(), { recursive: true });
    run('release');
    expect(readFileSync(released('SHA256SUMS'), 'utf8')).toBe(before);
  });

  test('says that there is no tag', () => {
    expect(run('release', ['--check']).stdout).toMatch(/^Gatepost 1\.2\.3, commit [0-9a-f]{12}, no tag, so a rehearsal\n$/);
  });

  test('makes one part beside what is there', () => {
    run('release', ['--only', 'functions']);
    run('release', ['--only', 'sbom', '--only', 'sums']);
    expect(readFileSync(released('SHA256SUMS'), 'utf8').trim().split('\n').map((line) => line.split('  ')[1])).toEqual([
      'gatepost-authorizer-arm64.zip', 'gatepost-authorizer-x86_64.zip', 'gatepost-authorizer.cdx.json', 'gatepost-cli.cdx.json',
      'gatepost-session-arm64.zip', 'gatepost-session-x86_64.zip', 'gatepost-session.cdx.json', 'provenance.json',
    ]);
  });

  test('says in the provenance where it was made on GitHub, and nothing of where it was made otherwise', () => {
    git('remote', 'add', 'origin', 'https://user:secret@git.example/gatepost');
    const provenance = (environment: Record<string, string>) => {
      run('release', ['--only', 'sbom', '--only', 'sums'], environment);
      const text = readFileSync(released('provenance.json'), 'utf8');
      expect(text).not.toContain('secret');
      return JSON.parse(text).predicate;
    };
    const byHand = provenance({});
    expect(byHand.runDetails).toEqual({ builder: { id: 'urn:gatepost:release:by-hand' } });
    expect(byHand.buildDefinition.resolvedDependencies[0]).toEqual({ name: 'gatepost', digest: { gitCommit: expect.stringMatching(/^[0-9a-f]{40}$/) } });

    const onGitHub = provenance(GITHUB);
    expect(onGitHub.buildDefinition.resolvedDependencies[0].uri).toBe('git+https://git.example/a/b@refs/tags/v1.2.3');
    expect(onGitHub.runDetails.builder.id).toBe('https://git.example/a/b/.github/workflows/release.yml@refs/tags/v1.2.3');
  });

  test('refuses a working copy with changes', () => {
    write('README.md', '# Another');
    const { status, stderr } = run('release');
    expect(stderr).toMatch(/^scripts\/release: the working copy has changes: a release is made of a commit\n.*README\.md\n$/);
    expect(status).toBe(2);
    expect(existsSync(released())).toBe(false);
  });

  test.each<[place: string, file: string, from: string, to: string, said: RegExp]>([
    ['the workspace', 'Cargo.toml', 'version = "1.2.3"\n\n', 'version = "1.2.4"\n\n', /1\.2\.4 {7}Cargo\.toml, \[workspace\.package\]/],
    ['a dependency of crates on each other', 'Cargo.toml', '1.2.3" }', '1.2.2" }', /1\.2\.2 {7}Cargo\.toml, the dependency gatepost-core/],
    ['the npm package', 'infra/package.json', '"version": "1.2.3"', '"name": "x"', /none {8}infra\/package\.json/],
    ['the changelog', 'CHANGELOG.md', '[1.2.3]', '[1.2.1]', /1\.2\.1 {7}CHANGELOG\.md/],
  ])('refuses another version in %s', (_place, file, from, to, said) => {
    write(file, FILES[file as keyof typeof FILES].replace(from, to));
    commit();
    const { status, stderr } = run('release', ['--check']);
    expect(stderr).toMatch(/^scripts\/release: the version is not the same everywhere:\n/);
    expect(stderr).toMatch(said);
    expect(status).toBe(2);
  });

  test('refuses another version in the tag', () => {
    git('tag', 'v1.2.4');
    expect(run('release', ['--check']).stderr).toMatch(/1\.2\.4 {7}the tag of the commit/);
  });

  test('builds nothing to say that a release could be made', () => {
    expect(run('release', ['--check'])).toMatchObject({ status: 0, stderr: '' });
    expect(existsSync(released())).toBe(false);
  });

  test('has the changelog\'s part of the version, with links that GitHub can follow', () => {
    expect(run('release', ['--notes']).stdout).toBe('- [What](docs/a.md) is [new](https://b.example).\n\n### Mended\n\n- All.\n');
    expect(run('release', ['--notes'], GITHUB).stdout).toContain('- [What](https://git.example/a/b/blob/v1.2.3/docs/a.md) is [new](https://b.example).\n');
  });

  test('fails when a part fails', () => {
    write('scripts/sbom', '#!/bin/bash\nexit 7\n');
    commit();
    expect(run('release')).toMatchObject({ status: 1, stderr: 'scripts/release: `sbom` has failed with status 7\n' });
  });
});

describe('scripts/check-release', () => {
  let made: string | undefined;

  /** What the script says after something was done to the files, with sums that fit them or the ones before. */
  function check(change: () => void, sums: 'before' | 'fit' = 'fit') {
    if (made === undefined) {
      run('release');
      made = temporaryFolder();
      cpSync(released(), made, { recursive: true });
    }
    cpSync(made, released(), { recursive: true });
    change();
    if (sums === 'fit') run('release', ['--only', 'sums']);
    const { status, stderr } = run('check-release');
    return { status, faults: stderr.trimEnd().split('\n') };
  }

  const archive = `gatepost-1.2.3-${HOST}-unknown-linux-gnu.tar.gz`;

  /** The command's archive of another commit's release, in which the command is `program`. */
  function withCommand(program: string) {
    return () => {
      const kept = standIns;
      standIns = temporaryFolder();
      cpSync(kept, standIns, { recursive: true });
      copyFileSync(program, join(standIns, `command-${HOST}`));
      run('release', ['--only', 'command']);
      standIns = kept;
    };
  }

  test.each<[what: string, change: () => void, sums: 'before' | 'fit', faults: string[]]>([
    ['a file that was changed', () => writeFileSync(released('gatepost-infra-1.2.3.tgz'), 'other'), 'before', [
      'gatepost-infra-1.2.3.tgz has another SHA-256 than SHA256SUMS says', 'gatepost-infra-1.2.3.tgz has another SHA-256 than provenance.json says',
    ]],
    ['a file that is not there', () => rmSync(released('gatepost-session-arm64.zip')), 'before', [
      'gatepost-session-arm64.zip is in SHA256SUMS and not there', 'gatepost-session-arm64.zip is in provenance.json and not there', 'gatepost-session-arm64.zip is not there',
    ]],
    ['a file that nobody made', () => writeFileSync(released('key.pem'), ''), 'before', [
      'key.pem is there and not in SHA256SUMS', 'key.pem is there and not in provenance.json',
    ]],
    ['no sums', () => rmSync(released('SHA256SUMS')), 'before', ['SHA256SUMS is not there']],
    ['a release without a part', () => rmSync(released(archive)), 'fit', [`${archive} is not there`]],
    ['a template whose package is not there', () => rmSync(released('gatepost-authorizer-arm64-0123456789abcdef.zip')), 'fit', [
      'gatepost.template.json: names the package gatepost-authorizer-arm64-0123456789abcdef.zip, which is not there',
    ]],
    ['a function for another machine', () => copyFileSync(released('gatepost-session-x86_64.zip'), released('gatepost-session-arm64.zip')), 'fit', [
      'gatepost-session-arm64.zip: `bootstrap` is for another machine than arm64: e_machine 62, not 183',
    ]],
    ['a bill of materials of nothing', () => writeFileSync(released('gatepost-cli.cdx.json'), '{ "bomFormat": "CycloneDX" }'), 'fit', [
      'gatepost-cli.cdx.json: is no bill of materials of CycloneDX, or one of nothing',
    ]],
    ['a bill of materials of another version', () => writeFileSync(released('gatepost-cli.cdx.json'), readFileSync(released('gatepost-cli.cdx.json'), 'utf8').replace('1.2.3', '1.2.2')), 'fit', [
      'gatepost-cli.cdx.json: is of version 1.2.2, not 1.2.3',
    ]],
    ['what is no JSON', () => writeFileSync(released('gatepost.template.json'), '{'), 'fit', [expect.stringMatching(/^cannot be read: JSONDecodeError/)]],
    ['a provenance of something else', () => writeFileSync(released('provenance.json'), readFileSync(released('provenance.json'), 'utf8').replace('slsa.dev/provenance/v1', 'example.com')), 'before', [
      'provenance.json has another SHA-256 than SHA256SUMS says', 'provenance.json is no in-toto statement with SLSA\'s provenance',
    ]],
  ])('refuses %s', (_what, change, sums, faults) => {
    expect(check(change, sums)).toEqual({ status: 1, faults });
  });

  test('runs nothing of a release that is not what its sums say', () => {
    run('release');
    expect(run('check-release').stdout).toContain('gatepost --version');
    writeFileSync(released('gatepost-infra-1.2.3.tgz'), 'other');
    expect(run('check-release').stdout).not.toContain('gatepost --version');
  });

  test('refuses a command that tells another version', () => {
    const program = join(temporaryFolder(), 'gatepost');
    command(program, '1.2.2');
    expect(check(withCommand(program)).faults).toEqual([`${archive}: the command tells the version \`gatepost 1.2.2\`, not \`gatepost 1.2.3\``]);
  });

  test('refuses a command that old distributions cannot run', () => {
    const program = join(temporaryFolder(), 'gatepost');
    writeFileSync(program, elf({ machine: E_MACHINE[HOST], version: 'GLIBC_2.34', library: 'libssl.so.3' }));
    expect(check(withCommand(program)).faults).toEqual([
      `${archive}: the command needs glibc 2.34, and was to run with 2.28`,
      `${archive}: the command needs libssl.so.3, which is no part of glibc`,
    ]);
  });
});
