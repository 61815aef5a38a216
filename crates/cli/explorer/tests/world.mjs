// The explorer and a browser for a test file (`node --test` runs each file in a process of its own), and
// kinds of tests that watch what the page does besides.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { access, constants, cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";

import { chromium } from "playwright-core";

import { writeLargeSet } from "./large-set.mjs";

export const ROOT = fileURLToPath(new URL("../../../../", import.meta.url));
const BINARY = process.env.GATEPOST_BIN ?? join(ROOT, "target/debug/gatepost");

// A debug build takes some seconds for the large map, and more beside other builds.
export const PATIENCE_MS = Number(process.env.PATIENCE_MS ?? 60_000);

const ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync", "--no-first-run"];

let launched = null;

/** The browser of this test file. */
export function browser() {
  launched ??= chromium.launch({ executablePath: process.env.CHROMIUM_BIN ?? "/usr/bin/chromium", args: ARGUMENTS });
  return launched;
}

// What a test file has begun, and what is to be cleared away at its end. (`after` within a test would be that
// test's own, and is not heeded there.)
const begun = [];

after(async () => {
  await (await launched)?.close();
  for (const end of begun.reverse()) await end();
});

/** A copy of the example policies, or the large set, that a test may change. */
export async function policies({ isLarge = false } = {}) {
  const folder = await mkdtemp(join(tmpdir(), "gatepost-explorer-"));
  const path = join(folder, "policies");
  if (isLarge) await writeLargeSet(path);
  else await cp(join(ROOT, "policies"), path, { recursive: true });
  begun.push(() => rm(folder, { recursive: true, force: true }));
  return path;
}

/** A program that serves the explorer, until the end of the test file. */
export class Program {
  #child;
  #ended;

  static explore(source, ...options) {
    return Program.#start(["explore", source, "--port", "0", ...options]);
  }

  static async dev(folder) {
    const state = await mkdtemp(join(tmpdir(), "gatepost-explorer-state-"));
    begun.push(() => rm(state, { recursive: true, force: true }));
    const ports = ["--port", "0", "--issuer-port", "0", "--explorer-port", "0"];
    return Program.#start(["dev", ...ports, "--state", state, "--policies", folder]);
  }

  // Its addresses by the names that it prints them with, such as `Explorer`.
  static async #start(words) {
    await access(BINARY, constants.X_OK).catch(() => {
      throw new Error(`no program at ${BINARY}: run cargo build, or set GATEPOST_BIN`);
    });
    const program = new Program(words);
    begun.push(() => program.stop());
    await program.#readBanner();
    return program;
  }

  constructor(words) {
    this.words = words;
    this.addresses = {};
    this.output = "";
    this.#child = spawn(BINARY, words, { env: environment(), stdio: ["ignore", "pipe", "pipe"] });
    this.#ended = once(this.#child, "exit");
  }

  async #readBanner() {
    const found = Promise.withResolvers?.() ?? resolvers();
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      createInterface({ input: stream }).on("line", (line) => {
        this.output += `${line}\n`;
        const [, name, url] = /^\s*(\w[\w ]*?)\s+(http:\S+)/.exec(line) ?? [];
        if (name) this.addresses[name] = url;
        if (name === "Explorer") found.resolve();
      });
    }
    this.#ended.then(() => found.reject(new Error(`gatepost ${this.words[0]} has ended. It said:\n${this.output}`)));
    await found.promise;
  }

  get url() {
    return this.addresses.Explorer.replace(/\/$/, "");
  }

  /** Starts it again where it was. */
  async again() {
    await this.stop();
    const port = new URL(this.url).port;
    const words = this.words.map((word, at) => (this.words[at - 1] === "--port" ? port : word));
    return Program.#start(words);
  }

  async stop() {
    if (this.#child.exitCode === null) this.#child.kill("SIGINT");
    await this.#ended;
  }
}

function resolvers() {
  const made = {};
  made.promise = new Promise((resolve, reject) => Object.assign(made, { resolve, reject }));
  return made;
}

/**
 * A test with a page of its own. Besides what `body` asserts, nothing may have left this machine, no token may
 * have been part of an address, and the browser may not have complained: of the Content-Security-Policy, say.
 * What it expects of complaints, `body` takes out of them.
 */
export function pageTest(name, { colorScheme = "light", viewport = { width: 1280, height: 860 }, ...more }, body) {
  test(name, { timeout: 3 * PATIENCE_MS }, async () => {
    const context = await (await browser()).newContext({ colorScheme, viewport, acceptDownloads: true, ...more });
    context.setDefaultTimeout(PATIENCE_MS);
    try {
      const page = await context.newPage();
      const complaints = [];
      const requests = [];
      page.on("request", (request) => requests.push(request));
      page.on("pageerror", (error) => complaints.push(error.stack));
      page.on("console", (message) => {
        if (["error", "warning"].includes(message.type())) complaints.push(message.text());
      });
      await body({ page, context, requests, complaints });
      assert.deepEqual(complaints, []);
      const addresses = requests.map((request) => request.url()).filter((url) => !/^(blob|data):/.test(url));
      assert.deepEqual(addresses.filter((address) => !isLoopback(address)), []);
      assert.deepEqual(addresses.filter((address) => TOKEN.test(address)), []);
    } finally {
      await context.close();
    }
  });
}

// The base64url of `{"`, with which every JWT begins, and its next part.
const TOKEN = /eyJ[\w-]+\.[\w-]/;

const isLoopback = (address) => ["127.0.0.1", "localhost"].includes(new URL(address).hostname);

/** What a download of the page is. */
export async function downloaded(page, click) {
  const [download] = await Promise.all([page.waitForEvent("download"), click()]);
  const chunks = [];
  for await (const chunk of await download.createReadStream()) chunks.push(chunk);
  return { name: download.suggestedFilename(), content: Buffer.concat(chunks) };
}

// Without the settings of the shell.
function environment() {
  const isSetting = ([name]) => /^(AWS|GATEPOST)_/.test(name);
  const inherited = Object.entries(process.env).filter((variable) => !isSetting(variable));
  return { ...Object.fromEntries(inherited), NO_COLOR: "1" };
}
