// The app as it is deployed, in front of a `gatepost dev` of its own, in one browser for a test file; and a kind
// of test that watches what pages do besides.

import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";

import { chromium } from "playwright-core";
import { build, preview } from "vite";

import { Gatepost } from "../../../../crates/cli/tests/browser/gatepost.mjs";
import { LAUNCH, TOKEN, assertQuiet, watch } from "../../../../crates/cli/tests/browser/watched.mjs";
import { COOKIE_SETTINGS, writeCookieRoutes } from "../../cookie-routes.js";
import { UserPool } from "./cognito.mjs";

// How Chromium reports calls that are refused or fail: these tests provoke them on purpose.
const REFUSED_CALL = /^Failed to load resource: (the server responded with a status of (40[0139]|50[23]) |net::ERR_)/;

// For whatever a page is to show next. It takes milliseconds, but not on a machine that compiles.
const PATIENCE_MS = 15_000;

// As much as nobody sees. Google's "good" ends at 0.1.
const MOST_LAYOUT_SHIFT = 0.01;

const browser = await chromium.launch(LAUNCH);
after(() => browser.close());

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

// A folder that is gone after the tests.
async function temporaryFolder() {
  const folder = await mkdtemp(join(tmpdir(), "gatepost-web-"));
  after(() => rm(folder, { recursive: true }));
  return folder;
}

// The app built with these variables, as options of vite: in a folder of its own.
async function buildApp(variables) {
  Object.assign(process.env, variables);
  const options = { root: ROOT, logLevel: "error", build: { outDir: await temporaryFolder(), emptyOutDir: true } };
  await build(options);
  return options;
}

// The app in the mode `header`, and a server for it: its address.
export async function serveHeaderApp({ api, issuer, clientId = "" }) {
  const options = await buildApp({
    VITE_GATEPOST_MODE: "header",
    VITE_GATEPOST_API: api,
    VITE_GATEPOST_ISSUER: issuer,
    VITE_GATEPOST_CLIENT_ID: clientId,
  });
  const server = await preview({ ...options, preview: { port: 0, strictPort: false } });
  after(() => server.close());
  return `http://localhost:${server.httpServer.address().port}/`;
}

// A user pool in the place of the development issuer.
export async function startUserPool() {
  const pool = await UserPool.start();
  after(() => pool.stop());
  return pool;
}

// `gatepost dev`, which ends well, and never says a token.
export async function startGatepost(settings) {
  const gatepost = await Gatepost.start(settings);
  after(async () => {
    assert.equal(await gatepost.stop(), 0);
    assert.doesNotMatch(gatepost.output(), TOKEN);
  });
  return gatepost;
}

// `gatepost dev` with the app in the mode `cookie`: pages, `/auth/*` and the API have one origin.
export async function startGatepostWithCookies({ options = [], variables = {} } = {}) {
  const { build: { outDir } } = await buildApp({ VITE_GATEPOST_MODE: "cookie", VITE_GATEPOST_API: "", VITE_GATEPOST_ISSUER: "" });
  const routes = join(await temporaryFolder(), "routes.yaml");
  await writeCookieRoutes(routes);
  const gatepost = await startGatepost({
    options: ["--site", outDir, "--routes", routes, ...options],
    variables: { ...COOKIE_SETTINGS, ...variables },
  });
  return { gatepost, home: `${gatepost.apiUrl}/` };
}

// Calls with a copy of the cookies that the browser has now, by somebody who is no browser: with the CSRF token,
// the right one, unless another or none is asked for; `more` is appended to the cookies.
export async function cookieCalls(context, home) {
  const cookies = await context.cookies([home, `${home}auth/refresh`]);
  const cookie = cookies.map(({ name, value }) => `${name}=${value}`).join("; ");
  const session = cookies.find(({ name }) => name === "__Host-gatepost").value;
  const right = createHmac("sha256", session).update("gatepost-csrf-v1").digest("base64url");
  return (method, path, { csrfToken = right, more = "" } = {}) =>
    fetch(new URL(path, home), { method, headers: { cookie: cookie + more, ...(csrfToken !== null && { "X-CSRF-Token": csrfToken }) } });
}

// Renews the session in several tabs, all of which ask before any is answered. Returns the statuses.
export async function renewAtOnce(...tabs) {
  const arrived = [];
  let release;
  const all = new Promise((resolve) => { release = resolve; });
  for (const tab of tabs) {
    await tab.route("**/auth/refresh", async (route) => {
      arrived.push(route);
      if (arrived.length === tabs.length) release();
      await all;
      await route.continue();
    });
  }
  const answers = tabs.map((tab) => tab.waitForResponse("**/auth/refresh"));
  await Promise.all(tabs.map((tab) => tab.getByRole("button", { name: "Renew now" }).click()));
  const statuses = (await Promise.all(answers)).map((answer) => answer.status());
  for (const tab of tabs) await tab.unroute("**/auth/refresh");
  return statuses;
}

// A test in a browser profile of its own. Besides what `body` asserts, nothing may have left this machine, no
// token may have been part of an address, nothing may have moved by itself, and the browser may not have
// complained of anything but failed calls: of the Content-Security-Policy least of all.
export function browserTest(name, body, options = {}) {
  test(name, { timeout: 60_000 }, async () => {
    const context = await browser.newContext(options);
    context.setDefaultTimeout(PATIENCE_MS);
    try {
      await context.addInitScript(watchLayout);
      const page = await context.newPage();
      const watched = watch(page, REFUSED_CALL);
      const shifts = [];
      await page.exposeFunction("reportShift", (shift) => shifts.push(shift));
      await body({ context, page, app: new App(page), ...watched });
      assertQuiet(watched);
      assert.ok(shifts.reduce((sum, { value }) => sum + value, 0) <= MOST_LAYOUT_SHIFT, JSON.stringify(shifts));
    } finally {
      await context.close();
    }
  });
}

function watchLayout() {
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      const moved = entry.sources.map(({ node }) => node?.outerHTML?.slice(0, 80));
      if (!entry.hadRecentInput) window.reportShift?.({ value: entry.value, moved, page: location.pathname });
    }
  }).observe({ type: "layout-shift", buffered: true });
}

// The app as somebody in front of it sees it: by names and words.
export class App {
  #page;

  constructor(page) {
    this.#page = page;
  }

  get notice() {
    return this.#page.getByRole("alert");
  }

  get who() {
    return this.#page.getByRole("region", { name: "Who am I?" });
  }

  signInButton() {
    return this.#page.locator("#account").getByRole("button", { name: "Sign in" });
  }

  // From a page that is open, as one of the development issuer's accounts.
  async signIn(username) {
    await this.signInButton().click();
    await this.#page.getByRole("button", { name: `Sign in as ${username}` }).click();
    await this.who.getByText(username, { exact: true }).waitFor();
  }

  callButton(call) {
    return this.#page.getByRole("button", { name: call, exact: true });
  }

  // Makes a call, and returns what the page says of the answer, without the time it took.
  async call(call) {
    await this.callButton(call).click();
    return this.answer(call);
  }

  // What the API itself has said.
  async body(call) {
    return this.#row(call).locator("pre").textContent();
  }

  #row(call) {
    return this.#page.getByRole("listitem").filter({ has: this.callButton(call) });
  }

  async answer(call) {
    const line = this.#row(call).locator('.answer[aria-busy="false"] p');
    const words = (await line.innerText()).split(/\s*\n\s*/);
    return words.filter((word) => !/^(\d+ ms|Sign in)$/.test(word)).join(" ");
  }
}
