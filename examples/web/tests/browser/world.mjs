// The app as it is deployed, in front of a `gatepost dev` of its own, in one browser for a test file; and a kind
// of test that watches what pages do besides.

import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";

import { chromium } from "playwright-core";
import { build, preview } from "vite";

import { Gatepost } from "../../../../crates/cli/tests/browser/gatepost.mjs";

// Chromium itself is to stay off the network. The sandbox needs what containers do not have.
const ARGUMENTS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

// How Chromium reports calls that are refused or fail: these tests provoke them on purpose.
const REFUSED_CALL = /^Failed to load resource: (the server responded with a status of 40[013] |net::ERR_)/;

// The base64url of `{"`, with which every JWT begins.
const TOKEN = /eyJ/;

// As much as nobody sees. Google's "good" ends at 0.1.
const MOST_LAYOUT_SHIFT = 0.01;

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM_BIN ?? "/usr/bin/chromium",
  args: ARGUMENTS,
});
after(() => browser.close());

// The app built with these variables, and a server for it: its address.
export async function serve(variables) {
  const root = fileURLToPath(new URL("../../", import.meta.url));
  const outDir = await mkdtemp(join(tmpdir(), "gatepost-web-"));
  Object.assign(process.env, variables);
  const common = { root, logLevel: "error", build: { outDir, emptyOutDir: true } };
  await build(common);
  const server = await preview({ ...common, preview: { port: 0, strictPort: false } });
  after(async () => {
    await server.close();
    await rm(outDir, { recursive: true });
  });
  return `http://localhost:${server.httpServer.address().port}/`;
}

// `gatepost dev`, and the app in the mode `header` in front of it.
export async function withGatepost() {
  const gatepost = await Gatepost.start();
  after(async () => {
    assert.equal(await gatepost.stop(), 0);
    assert.doesNotMatch(gatepost.output(), TOKEN);
  });
  const home = await serve({
    VITE_GATEPOST_MODE: "header",
    VITE_GATEPOST_API: gatepost.apiUrl,
    VITE_GATEPOST_ISSUER: gatepost.issuerUrl,
  });
  return { gatepost, home };
}

// A test in a browser profile of its own. Besides what `body` asserts, nothing may have left this machine, no
// token may have been part of an address, nothing may have moved by itself, and the browser may not have
// complained of anything but failed calls: of the Content-Security-Policy least of all.
export function browserTest(name, body, options = {}) {
  test(name, { timeout: 60_000 }, async () => {
    const context = await browser.newContext(options);
    try {
      await context.addInitScript(watchLayout);
      const page = await context.newPage();
      const { requests, complaints } = watch(page);
      const shifts = [];
      await page.exposeFunction("reportShift", (shift) => shifts.push(shift));
      await body({ context, page, app: new App(page), requests, complaints });
      assert.deepEqual(complaints, []);
      assert.ok(shifts.reduce((sum, { value }) => sum + value, 0) <= MOST_LAYOUT_SHIFT, JSON.stringify(shifts));
      const addresses = requests.map((request) => request.url());
      assert.deepEqual(
        addresses.filter((address) => !["127.0.0.1", "localhost"].includes(new URL(address).hostname)),
        [],
      );
      assert.deepEqual(
        addresses.filter((address) => TOKEN.test(address)),
        [],
      );
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

function watch(page) {
  const requests = [];
  const complaints = [];
  page.on("request", (request) => requests.push(request));
  page.on("pageerror", (error) => complaints.push(error.stack));
  page.on("console", (message) => {
    const isComplaint = ["error", "warning"].includes(message.type());
    if (isComplaint && !REFUSED_CALL.test(message.text())) complaints.push(message.text());
  });
  return { requests, complaints };
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

  async answer(call) {
    const row = this.#page.getByRole("listitem").filter({ has: this.callButton(call) });
    const line = row.locator('.answer[aria-busy="false"] p');
    const words = (await line.innerText()).split(/\s*\n\s*/);
    return words.filter((word) => !/^(\d+ ms|Sign in)$/.test(word)).join(" ");
  }
}
