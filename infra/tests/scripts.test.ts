import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from './support.js';

const scripts = fileURLToPath(new URL('../../scripts', import.meta.url));

/**
 * Runs a script where the only commands are the shell's, those of the operating system that are named
 * here, and `stubs`: a text to be run by the shell for each.
 */
function run(script: string, args: string[], stubs: Record<string, string>, environment: Record<string, string> = {}) {
  const bin = join(temporaryFolder(), 'bin');
  mkdirSync(bin);
  for (const command of ['bash', 'cat', 'dirname', 'env', 'mktemp', 'realpath', 'rm', 'sed']) symlinkSync(`/usr/bin/${command}`, join(bin, command));
  for (const [command, text] of Object.entries(stubs)) {
    writeFileSync(join(bin, command), `#!/bin/bash\n${text}\n`);
    chmodSync(join(bin, command), 0o755);
  }
  const { status, stdout, stderr } = spawnSync('/bin/bash', [join(scripts, script), ...args], {
    encoding: 'utf8', env: { PATH: bin, HOME: bin, ...environment }, input: '',
  });
  return { status, stdout, stderr };
}

const NODE = { node: '[ "$1" = -p ] && echo 20', npm: 'exit 0' };
const TOOLS = { ...NODE, cargo: 'exit 0', cc: 'exit 0', curl: 'exit 0', python3: 'exit 0' };
const AWS = (answers: string) => ({ ...TOOLS, aws: `case "$*" in\n${answers}\n*) echo "unexpected: $*" >&2; exit 9 ;;\nesac` });
const CALLER = '"sts get-caller-identity"*) echo 111122223333 ;;';
const REGION = { AWS_REGION: 'eu-west-1' };

describe('scripts/deploy says what is missing before it does anything', () => {
  test.each<[string, Record<string, string>, Record<string, string>, RegExp]>([
    ['Node.js', {}, {}, /^this needs Node.js 20 or newer with npm/],
    ['a Node.js that is new enough', { ...NODE, node: 'echo 18' }, {}, /^this needs Node.js 20 or newer; here is 18/],
    ['the AWS command line', TOOLS, {}, /^this needs the command `aws`, which is not installed\n$/],
    ['a region', AWS(`"configure get region") exit 1 ;;\n${CALLER}`), {}, /^no region: set AWS_REGION.*\n$/],
    ['credentials', AWS('sts*) echo "Unable to locate credentials" >&2; exit 253 ;;'), REGION, /^no AWS credentials that work .*: Unable to locate credentials/],
    ['the bootstrap', AWS(`${CALLER}\nssm*) echo "An error occurred (ParameterNotFound)" >&2; exit 254 ;;`), REGION, /^account 111122223333 and region eu-west-1 are not bootstrapped.*cdk bootstrap aws:\/\/111122223333\/eu-west-1/],
    ['leave to look for the bootstrap', AWS(`${CALLER}\nssm*) echo "AccessDenied" >&2; exit 254 ;;`), REGION, /^cannot tell whether .* bootstrapped for the CDK: AccessDenied/],
  ])('%s', (_what, stubs, environment, message) => {
    const { status, stdout, stderr } = run('deploy', [], stubs, environment);
    expect(stderr).toMatch(message);
    expect(stdout).toBe('');
    expect(status).toBe(2);
  });
});

test('scripts/deploy says all that is missing at once', () => {
  const { stderr } = run('deploy', [], {});
  expect(stderr.match(/Node\.js|`\w+`/g)).toEqual(['Node.js', '`curl`', '`python3`', '`cargo`', '`cc`', '`aws`']);
  const nothing = AWS('"configure get region") exit 1 ;;\nsts*) echo "Unable to locate credentials" >&2; exit 253 ;;');
  expect(run('deploy', [], { ...nothing, node: 'echo 18' }).stderr).toMatch(/^this needs Node.*\nno region.*\nno AWS credentials.*\n$/);
  const notBootstrapped = AWS(`${CALLER}\nssm*) echo "ParameterNotFound" >&2; exit 254 ;;`);
  expect(run('deploy', [], { ...notBootstrapped, node: 'echo 18' }, REGION).stderr).toMatch(/^this needs Node.*\naccount 111122223333 .*not bootstrapped.*\n$/);
});

test('scripts/deploy needs no compiler for a package that is there', () => {
  const { stderr } = run('deploy', [], NODE, { GATEPOST_ZIP: 'function.zip' });
  expect(stderr).not.toMatch(/`cargo`|`cc`/);
});

describe('scripts/destroy', () => {
  test('says that there is nothing to delete', () => {
    const { status, stderr } = run('destroy', [], AWS(`${CALLER}\ncloudformation*) exit 254 ;;`), REGION);
    expect(stderr).toMatch(/^there is no stack `Gatepost` in account 111122223333 and region eu-west-1/);
    expect(status).toBe(1);
  });

  test.each([[[], /but not its policies, users and logs/], [['--delete-data'], /its policies, users and logs/]])('deletes nothing unasked, with %o', (args, what) => {
    const { status, stdout, stderr } = run('destroy', args, AWS(`${CALLER}\n"cloudformation describe-stacks"*) exit 0 ;;`), REGION);
    expect(stdout).toMatch(what);
    expect(stderr).toContain('nothing was deleted');
    expect(status).toBe(1);
  });
});

describe('scripts/rotate-session-keys', () => {
  test('says what is missing', () => {
    const { status, stderr } = run('rotate-session-keys', [], NODE);
    expect(stderr).toMatch(/^this needs the command `aws`/);
    expect(status).toBe(2);
  });

  test('takes no argument for another: a misspelt dry run rotates nothing', () => {
    const { status, stderr } = run('rotate-session-keys', ['--dryrun'], NODE);
    expect(stderr).toMatch(/^usage: scripts\/rotate-session-keys \[--dry-run\] \[STACK\]/);
    expect(status).toBe(2);
  });
});

test('scripts/build-lambda knows two machines', () => {
  const { status, stderr } = run('build-lambda', ['riscv64'], {});
  expect(stderr).toMatch(/^usage: scripts\/build-lambda \[arm64\|x86_64\]/);
  expect(status).toBe(2);
});

describe('scripts/smoke-test', () => {
  /** A `curl` that answers with CORS; `status` is a piece of shell that says which, seeing "$all". */
  const curl = (status: string) => [
    'all="$*"',
    'while [ $# -gt 0 ]; do [ "$1" = --dump-header ] && echo "access-control-allow-origin: *" >"$2"; shift; done',
    status,
  ].join('\n');
  const ask = (status: string, ...site: string[]) => run(
    'smoke-test', ['https://api.example/', ...site], { curl: curl(status), grep: 'exec /usr/bin/grep "$@"', tr: 'exec /usr/bin/tr "$@"' }, { GATEPOST_PATIENCE: '0' },
  );

  test('is content with an API that is guarded', () => {
    const { status, stdout } = ask('case "$all" in *OPTIONS*) printf 204 ;; *health) printf 200 ;; *) printf 401 ;; esac');
    expect(stdout).not.toContain('WRONG');
    expect(status).toBe(0);
  });

  test('fails when an API is open', () => {
    const { status, stdout } = ask('printf 200');
    expect(stdout.match(/^WRONG .*: 200, not 401$/gm)).toHaveLength(3);
    expect(status).toBe(1);
  });

  test('is not content with a site whose pages are open', () => {
    const { status, stdout } = ask('case "$all" in *OPTIONS*) printf 204 ;; *health* | */app/*) printf 200 ;; *) printf 401 ;; esac', 'https://site.example/');
    expect(stdout).toMatch(/^WRONG {2}the site's page \/app\/admin\/ for nobody: 200, not 302\nWRONG {2}… and not to the sign-in, and back$/m);
    expect(stdout).toMatch(/^ok {5}the site's session for nobody: 401/m);
    expect(status).toBe(1);
  });

  test('fails when nobody answers', () => {
    const { status, stdout } = ask('printf 000; exit 7');
    expect(stdout).toMatch(/^WRONG .*health probe.*: 000, not 200/);
    expect(status).toBe(1);
  });
});
