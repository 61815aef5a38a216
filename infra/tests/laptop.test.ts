import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { App, aws_apigateway as rest, aws_apigatewayv2 as v2, Duration, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { HttpUrlIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ROUTES } from '../src/app/routes.js';
import { GatepostAuthorizer, PolicyTable } from '../src/index.js';
import { appTemplate, projectFile, temporaryFolder, world, ZIP } from './support.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const gatepost = join(root, 'target/debug/gatepost');

/** The function's program: the one that has been built for tests, or that of a package. */
const bootstrap = process.env.AUTHORIZER_BOOTSTRAP ?? join(root, 'target/debug/gatepost-authorizer');

const rights = JSON.parse(projectFile('crates/cli/tests/cases/rights.json')) as {
  paths: string[]; allowed: Record<string, string[]>; unauthorized: string[]; public: string[];
};

/** `gatepost dev` with a template, and what it has said so far. */
class Laptop {
  private readonly state = temporaryFolder();
  private readonly process: ChildProcess;
  readonly said: string[] = [];
  url = '';
  private issuer = '';

  constructor(template: Template) {
    for (const program of [gatepost, bootstrap]) {
      if (!existsSync(program)) throw new Error(`${program} is missing: cargo build --workspace`);
    }
    const file = join(this.state, 'template.json');
    writeFileSync(file, JSON.stringify(template.toJSON()));
    const args = ['dev', '--port', '0', '--issuer-port', '0', '--explorer-port', '0', '--table-port', '0', '--policies', join(root, 'policies'), '--state', this.state,
      '--template', file, '--lambda', bootstrap];
    this.process = spawn(gatepost, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  }

  /** Waits until everything is up. What it says later is read too: nobody should wait for a full pipe. */
  ready(): Promise<this> {
    const address = (line: string) => /http:\S+/.exec(line)?.[0] ?? '';
    return new Promise((resolve, reject) => {
      this.process.once('exit', () => reject(new Error(`gatepost dev has ended: ${this.said.join('\n')}`)));
      createInterface({ input: this.process.stderr! }).on('line', (line) => {
        this.said.push(line);
        if (line.startsWith('  API ')) this.url = address(line);
        if (line.startsWith('  Sign in ')) this.issuer = address(line);
        if (line.includes('Ctrl-C ends it')) resolve(this);
      });
    });
  }

  token(account: string): string {
    return execFileSync(gatepost, ['token', account, '--issuer', this.issuer, '--state', this.state], { encoding: 'utf8' }).trim();
  }

  fetch(path: string, token?: string, init: RequestInit = {}): Promise<Response> {
    const headers = { ...init.headers, ...(token !== undefined && { authorization: `Bearer ${token}` }) };
    return fetch(this.url + path, { ...init, headers });
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.process.once('exit', resolve));
    this.process.kill('SIGINT');
    await ended;
  }
}

/** The example's routes in an HTTP API, guarded by Gatepost. */
function httpTemplate(): Template {
  const stack = new Stack(new App({ autoSynth: false, outdir: temporaryFolder() }), 'Http');
  const api = new v2.HttpApi(stack, 'Api', { corsPreflight: { allowOrigins: ['https://app.example'], allowMethods: [v2.CorsHttpMethod.ANY] } });
  const { http: authorizer } = new GatepostAuthorizer(stack, 'Gatepost', {
    frontDoor: { kind: 'http', api, answers: { scope: 'api', resultTtl: Duration.minutes(1) } },
    issuers: [{ issuer: 'https://id.example', audience: ['client'] }],
    code: ZIP,
  });
  const integration = new HttpUrlIntegration('Back', 'https://back.example');
  for (const [path, { guarded = [], open = [] }] of Object.entries(ROUTES)) {
    const methods = (verbs: readonly string[]) => verbs.map((verb) => verb as v2.HttpMethod);
    if (guarded.length > 0) api.addRoutes({ path, methods: methods(guarded), integration, authorizer });
    if (open.length > 0) api.addRoutes({ path, methods: methods(open), integration });
  }
  return Template.fromStack(stack);
}

/** One API for programs, which bring a header, and for pages, which bring a cookie. */
function templateForBoth(): Template {
  const { api, guard, template } = world();
  const gatepost = guard({
    frontDoor: {
      kind: 'rest', api, tokenSources: ['header:Authorization', 'cookie:__Host-gatepost'], answers: { scope: 'api', resultTtl: Duration.seconds(0) },
    },
  });
  for (const path of ['movies', 'shows']) {
    api.root.addResource(path).addMethod('GET', new rest.HttpIntegration('https://back.example'), { authorizer: gatepost.rest });
  }
  return template();
}

/** An authorizer for each, with a function of its own and one table; under gatepost dev the one named first is there. */
function templateForEach(first: 'cookie' | 'header'): Template {
  const { api, issuers, stack, template } = world();
  const table = new PolicyTable(stack, 'Policies').table;
  const doors = { header: ['Authorization', 'movies'], cookie: ['__Host-gatepost', 'api/profile'] } as const;
  for (const kind of first === 'header' ? ['header', 'cookie'] as const : ['cookie', 'header'] as const) {
    const [name, path] = doors[kind];
    const { rest: authorizer } = new GatepostAuthorizer(stack, kind, {
      frontDoor: { kind: 'rest', api, tokenSources: [`${kind}:${name}`] }, issuers, table, code: ZIP,
    });
    api.root.resourceForPath(path).addMethod('GET', new rest.HttpIntegration('https://back.example'), { authorizer });
  }
  return template();
}

/** What a page of the same origin knows (docs/browser.md). */
const csrfTokenOf = (cookie: string) => createHmac('sha256', cookie).update('gatepost-csrf-v1').digest('base64url');

describe.each([
  ['the app', appTemplate, { 401: 'Unauthorized', 403: 'User is not authorized to access this resource' }],
  ['an HTTP API', httpTemplate, { 401: 'Unauthorized', 403: 'Forbidden' }],
] as const)('the template of %s under gatepost dev, with the compiled function', (_name, template, messages) => {
  let laptop: Laptop;
  beforeAll(async () => { laptop = await new Laptop(template()).ready(); });
  afterAll(() => laptop.stop());

  test('nothing in it is a mistake or is not emulated', () => {
    expect(laptop.said.filter((line) => /^(mistake|not here)/.test(line))).toEqual([]);
  });

  test.each(Object.entries(rights.allowed))('%s may call what the groups may', async (account, allowed) => {
    const token = laptop.token(account);
    const found = [];
    for (const path of rights.paths) {
      if ((await laptop.fetch(path, token)).status === 200) found.push(path);
      else expect(await laptop.fetch(path, token)).toHaveProperty('status', 403);
    }
    expect(found).toEqual(allowed);
  });

  test('nobody is 401, and everybody may call what is public', async () => {
    for (const path of rights.unauthorized) {
      expect(await laptop.fetch(path)).toHaveProperty('status', 401);
      expect(await laptop.fetch(path, 'nonsense')).toHaveProperty('status', 401);
    }
    for (const path of rights.public) expect(await laptop.fetch(path)).toHaveProperty('status', 200);
  });

  test('pages of other origins can read refusals and ask before they call', async () => {
    const origin = 'https://app.example';
    for (const [status, token] of [[401, undefined], [403, laptop.token('bob')]] as const) {
      const refused = await laptop.fetch('/movies', token, { headers: { origin } });
      expect(refused.status).toBe(status);
      expect(['*', origin]).toContain(refused.headers.get('access-control-allow-origin'));
      expect(await refused.json()).toMatchObject({ message: messages[status] });
    }
    const preflight = await laptop.fetch('/movies', undefined, {
      method: 'OPTIONS', headers: { origin, 'access-control-request-method': 'GET' },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-methods')).toMatch(/GET|\*/);
  });
});

describe('the template of the app with a site under gatepost dev, with the compiled function', () => {
  let laptop: Laptop;
  beforeAll(async () => { laptop = await new Laptop(appTemplate({ web: true, sessionZip: ZIP })).ready(); });
  afterAll(() => laptop.stop());

  /** As a browser sends it. */
  const call = (path: string, cookie: string, csrfToken?: string) => laptop.fetch(path, undefined, {
    headers: { cookie: `theme=dark; __Host-gatepost=${cookie}`, ...(csrfToken !== undefined && { 'x-csrf-token': csrfToken }) },
  });

  test('nothing in it is a mistake or is not emulated', () => {
    expect(laptop.said.filter((line) => /^(mistake|not here)/.test(line))).toEqual([]);
  });

  test('a page of the origin may call what its user may, the second time from the kept answer', async () => {
    const alice = laptop.token('alice');
    for (const status of [200, 200]) expect(await call('/movies', alice, csrfTokenOf(alice))).toHaveProperty('status', status);
    expect(await call('/shows', alice, csrfTokenOf(alice))).toHaveProperty('status', 403);
  });

  test('a page of another site may call nothing, although an answer is kept for the cookie', async () => {
    const [alice, bob] = [laptop.token('alice'), laptop.token('bob')];
    expect(await call('/movies', alice, csrfTokenOf(alice))).toHaveProperty('status', 200);
    for (const csrfToken of [undefined, '', 'guessed', csrfTokenOf(bob)]) {
      expect(await call('/movies', alice, csrfToken)).toHaveProperty('status', 401);
    }
  });

  test('a token in a header is no token here', async () => {
    expect(await laptop.fetch('/movies', laptop.token('alice'))).toHaveProperty('status', 401);
  });
});

describe('one API for callers by header and by cookie under gatepost dev, with the compiled function', () => {
  let laptop: Laptop;
  beforeAll(async () => { laptop = await new Laptop(templateForBoth()).ready(); });
  afterAll(() => laptop.stop());

  /** The status for somebody with a header, a cookie, or both. */
  const call = async (path: string, { header, cookie, csrfToken }: { header?: string; cookie?: string; csrfToken?: string }) => {
    const headers = { ...(cookie !== undefined && { cookie: `__Host-gatepost=${cookie}` }), ...(csrfToken !== undefined && { 'x-csrf-token': csrfToken }) };
    return (await laptop.fetch(path, header, { headers })).status;
  };

  test('nothing in it is a mistake or is not emulated', () => {
    expect(laptop.said.filter((line) => /^(mistake|not here)/.test(line))).toEqual([]);
  });

  test('a program needs the header only', async () => {
    const alice = laptop.token('alice');
    expect(await call('/movies', { header: alice })).toBe(200);
    expect(await call('/shows', { header: alice })).toBe(403);
  });

  test('a page needs the cookie, and the CSRF token with every call', async () => {
    const alice = laptop.token('alice');
    expect(await call('/movies', { cookie: alice, csrfToken: csrfTokenOf(alice) })).toBe(200);
    expect(await call('/shows', { cookie: alice, csrfToken: csrfTokenOf(alice) })).toBe(403);
    for (const csrfToken of [undefined, '', 'guessed']) expect(await call('/movies', { cookie: alice, csrfToken })).toBe(401);
  });

  test('nobody, and who brings two tokens of different people, is 401', async () => {
    const [alice, carol] = [laptop.token('alice'), laptop.token('carol')];
    expect(await call('/movies', {})).toBe(401);
    expect(await call('/movies', { header: alice, cookie: carol, csrfToken: csrfTokenOf(carol) })).toBe(401);
    expect(await call('/movies', { header: 'nonsense', cookie: carol, csrfToken: csrfTokenOf(carol) })).toBe(401);
  });
});

describe.each(['cookie', 'header'] as const)('an API with an authorizer for each kind of caller under gatepost dev: by %s', (kind) => {
  const path = kind === 'cookie' ? '/api/profile' : '/movies';
  let laptop: Laptop;
  beforeAll(async () => { laptop = await new Laptop(templateForEach(kind)).ready(); });
  afterAll(() => laptop.stop());

  test('answers are kept, and the token of the other kind is none', async () => {
    const [alice, dave] = [laptop.token('alice'), laptop.token('dave')];
    const statuses = { header: [] as number[], cookie: [] as number[], forged: [] as number[] };
    for (const token of [alice, alice, dave]) {
      const headers = { cookie: `__Host-gatepost=${token}` };
      statuses.header.push((await laptop.fetch(path, token)).status);
      statuses.cookie.push((await laptop.fetch(path, undefined, { headers: { ...headers, 'x-csrf-token': csrfTokenOf(token) } })).status);
      statuses.forged.push((await laptop.fetch(path, undefined, { headers })).status);
    }
    const refused = [401, 401, 401];
    expect(statuses).toEqual({ header: refused, cookie: refused, forged: refused, [kind]: [200, 200, 403] });
    expect(laptop.said.filter((line) => line.includes('from the cache'))).toHaveLength(1);
  });
});
