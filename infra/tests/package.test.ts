import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { App, aws_apigateway as rest, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { beforeAll, expect, test } from 'vitest';
import { projectFile, temporaryFolder, ZIP } from './support.js';

const INFRA = fileURLToPath(new URL('..', import.meta.url));
const MINUTES = 60_000;

/** An app of somebody else's, into which the package has been installed without a registry. */
const app = temporaryFolder();
const installed = join(app, 'node_modules/gatepost-infra');

beforeAll(() => {
  execFileSync('npm', ['pack', '--silent', '--pack-destination', app], { cwd: INFRA });
  mkdirSync(installed, { recursive: true });
  const tarball = join(app, `gatepost-infra-${manifest().version}.tgz`);
  execFileSync('tar', ['--extract', '--file', tarball, '--strip-components=1', '--directory', installed]);
  for (const name of ['@types', 'aws-cdk-lib', 'constructs', 'undici-types']) {
    symlinkSync(join(INFRA, 'node_modules', name), join(app, 'node_modules', name));
  }
  copyFileSync(ZIP, join(app, 'gatepost-authorizer-arm64.zip'));
}, 5 * MINUTES);

const manifest = () => JSON.parse(projectFile('infra/package.json'));

/** The files below a folder, by their paths in it. */
const filesBelow = (folder: string): string[] => readdirSync(folder, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));

test('its version is that of the crates', () => {
  const [, version] = /\[workspace\.package\]\nversion = "([^"]+)"/.exec(projectFile('Cargo.toml')) ?? [];
  expect(manifest().version).toBe(version);
  expect(JSON.parse(projectFile('infra/package-lock.json')).packages[''].version).toBe(version);
});

test('it holds the constructs, what runs at the edge, and nothing else', () => {
  const sources = filesBelow(join(INFRA, 'src')).filter((path) => path.endsWith('.ts') && !path.startsWith('app/')).map((path) => path.replace(/\.ts$/, ''));
  const expected = [
    ...sources.flatMap((path) => [`dist/${path}.js`, `dist/${path}.d.ts`]),
    ...filesBelow(join(INFRA, 'edge')).map((path) => `edge/${path}`),
    'LICENSE', 'README.md', 'dist/package.json', 'package.json',
  ];
  expect(filesBelow(installed).sort()).toEqual(expected.sort());
  expect(filesBelow(installed)).toEqual(expect.arrayContaining(
    [manifest().main, manifest().types, ...Object.values<string>(manifest().exports['.'])].map((path) => path.replace('./', '')),
  ));
});

test.each([
  ['a path of the machine that packed it', dirname(INFRA)],
  ['a source map, whose sources are not there', 'sourceMappingURL'],
  ['a private key', /-----BEGIN [A-Z ]*PRIVATE KEY/],
  ['an access key of AWS', /\b(AKIA|ASIA)[A-Z0-9]{16}\b/],
  ['a token', /\beyJ[\w-]{8,}\.[\w-]+\./],
])('it does not hold %s', (_, secret) => {
  for (const path of filesBelow(installed)) expect(readFileSync(join(installed, path), 'utf8'), path).not.toMatch(secret);
});

test.each(['module', 'commonjs'])('the example on its page compiles in a %s app, and guards its API', (type) => {
  const [, example] = /```ts\n(.*?)```/s.exec(projectFile('infra/README.md')) ?? [];
  const folder = join(app, type);
  mkdirSync(folder);
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ type }));
  writeFileSync(join(folder, 'app.ts'), example!);
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({
    compilerOptions: { target: 'es2023', module: 'nodenext', strict: true, noUnusedLocals: true, types: ['node'] }, files: ['app.ts'],
  }));
  const require = createRequire(import.meta.url);
  const tsc = join(dirname(require.resolve('typescript/package.json')), 'bin/tsc');
  execFileSync(process.execPath, [tsc, '--project', folder], { stdio: ['ignore', 'inherit', 'inherit'] });
  // Jest, which the CDK's template of an app has, cannot require ES modules before Node.js 24.9.
  execFileSync(process.execPath, ['--no-experimental-require-module', join(folder, 'app.js')], {
    cwd: app, env: { ...process.env, CDK_OUTDIR: join(folder, 'cdk.out') },
  });

  const template = Template.fromJSON(JSON.parse(readFileSync(join(folder, 'cdk.out/Orders.template.json'), 'utf8')));
  const [authorizer] = Object.keys(template.findResources('AWS::ApiGateway::Authorizer'));
  template.hasResourceProperties('AWS::ApiGateway::Method', {
    HttpMethod: 'GET', AuthorizationType: 'CUSTOM', AuthorizerId: { Ref: authorizer },
  });
}, 5 * MINUTES);

test('what it reads of its own files is there: a site can be made', async () => {
  const { GatepostSite } = await construct();
  const { stack, api } = world();
  new GatepostSite(stack, 'Site', { api, stageName: 'prod', apiPaths: ['/orders'] });
  Template.fromStack(stack).resourceCountIs('AWS::CloudFront::Function', 1);
}, 5 * MINUTES);

test('without a function it says where one is to be had', async () => {
  const { GatepostAuthorizer } = await construct();
  const guard = (code?: string) => {
    const { stack, api } = world();
    return () => new GatepostAuthorizer(stack, 'Gatepost', {
      frontDoor: { kind: 'rest', api }, issuers: [{ issuer: 'https://id.example', audience: ['client'] }], ...(code !== undefined && { code }),
    });
  };
  expect(guard()).toThrow(/this npm package holds no function: name its file with `code`\. A release .* gatepost-authorizer-arm64\.zip/);
  expect(guard('nowhere.zip')).toThrow(/no function package at nowhere\.zip, which `code` names\. .*`scripts\/build-lambda arm64` in a clone/);
});

const construct = (): Promise<typeof import('../src/index.js')> => import(pathToFileURL(join(installed, 'dist/index.js')).href);

function world() {
  const stack = new Stack(new App({ autoSynth: false, outdir: temporaryFolder() }), 'Stack');
  const api = new rest.RestApi(stack, 'Api');
  api.root.addMethod('GET', new rest.MockIntegration());
  return { stack, api };
}
