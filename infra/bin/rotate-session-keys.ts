import { spawnSync } from 'node:child_process';
import { setTimeout } from 'node:timers/promises';
import { readKeys, rotate } from '../src/app/session-keys.js';
import { sayWhy } from '../src/app/say-why.js';

/** `rotate-session-keys.ts [--dry-run] STACK` */
const isDryRun = process.argv.includes('--dry-run');
const stack = process.argv.slice(2).find((argument) => !argument.startsWith('--'));
if (stack === undefined) {
  console.error('usage: rotate-session-keys.ts [--dry-run] STACK');
  process.exit(2);
}

/** Seconds until every edge location has the new key: "typically within a few seconds", says CloudFront. */
const PATIENCE_SECONDS = Number(process.env.GATEPOST_PATIENCE ?? 30);

await sayWhy(async () => {
  const outputs = outputsOf(stack);
  const [secret, fn, store] = ['SessionKeys', 'SessionFunction', 'PageKeyStore'].map((name) => {
    const value = outputs[name];
    if (value === undefined) throw fault(`the stack \`${stack}\` has no output ${name}; deploy it with -c gatepost:web=true`);
    return value;
  }) as [string, string, string];

  const current = parse(() => readKeys(ask(['secretsmanager', 'get-secret-value', '--secret-id', secret]).SecretString));
  const stored = ask(['cloudfront-keyvaluestore', 'list-keys', '--kvs-arn', store]).Items.map((item: { Key: string }) => item.Key) as string[];
  const { keys, put, removed } = parse(() => rotate(current, stored, new Date()));
  const [made, kept] = keys;
  console.log(`new       ${made!.id}`);
  console.log(`kept      ${kept?.id ?? '- (there was none)'}`);
  console.log(`removed   ${removed.map((name) => name.slice('key:'.length)).join(', ') || '-'}`);
  if (isDryRun) {
    console.log('nothing was changed');
    return;
  }

  // The edge first: a pass whose key it does not know would send people round in circles.
  change(['cloudfront-keyvaluestore', 'update-keys'], { KvsARN: store, IfMatch: versionOf(store), Puts: put });
  change(['secretsmanager', 'put-secret-value'], { SecretId: secret, SecretString: JSON.stringify(keys) });
  await setTimeout(PATIENCE_SECONDS * 1_000);
  const { Environment, RevisionId } = ask(['lambda', 'get-function-configuration', '--function-name', fn]);
  change(['lambda', 'update-function-configuration'], {
    FunctionName: fn,
    RevisionId,
    Environment: { Variables: { ...Environment?.Variables, GATEPOST_SESSION_KEYS: JSON.stringify(keys) } },
  });
  ask(['lambda', 'wait', 'function-updated-v2', '--function-name', fn]);
  if (removed.length > 0) {
    change(['cloudfront-keyvaluestore', 'update-keys'], { KvsARN: store, IfMatch: versionOf(store), Deletes: removed.map((Key) => ({ Key })) });
  }
  console.log('done');
});

function outputsOf(name: string): Record<string, string> {
  const [{ Outputs = [] }] = ask(['cloudformation', 'describe-stacks', '--stack-name', name]).Stacks;
  return Object.fromEntries(Outputs.map((output: { OutputKey: string; OutputValue: string }) => [output.OutputKey, output.OutputValue]));
}

function versionOf(store: string): string {
  return ask(['cloudfront-keyvaluestore', 'describe-key-value-store', '--kvs-arn', store]).ETag;
}

/** Keys go in by a pipe: arguments can be seen by everybody on this machine. */
function change(command: string[], request: object): void {
  ask([...command, '--cli-input-json', 'file:///dev/stdin'], JSON.stringify(request));
}

function ask(command: string[], input = ''): any {
  const { status, stdout, stderr, error } = spawnSync('aws', [...command, '--output', 'json'], { encoding: 'utf8', input });
  if (error !== undefined) throw error;
  if (status !== 0) throw fault(`aws ${command.slice(0, 2).join(' ')}: ${stderr.trim()}`);
  return stdout.trim() === '' ? undefined : JSON.parse(stdout);
}

function parse<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw fault((error as Error).message);
  }
}

function fault(message: string): Error {
  return new Error(`Gatepost: ${message}`);
}
