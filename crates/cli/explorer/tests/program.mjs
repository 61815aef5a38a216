// The program and the browser that tests and pictures are made with, and what they leave behind.

import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { createInterface } from "node:readline";

import { chromium } from "playwright-core";

import { BINARY, ROOT, environment, hasProgram } from "../../tests/browser/gatepost.mjs";
import { LAUNCH } from "../../tests/browser/watched.mjs";
import { writeLargeSet } from "./large-set.mjs";

let launched = null;

/** The browser, one for all. */
export function browser() {
  launched ??= chromium.launch(LAUNCH);
  return launched;
}

const begun = [];

/** Ends and removes whatever was begun here. */
export async function clearAway() {
  await (await launched)?.close();
  for (const end of begun.reverse()) await end();
}

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

  static explore(folder, ...options) {
    return Program.#start(["explore", basename(folder), "--port", "0", ...options], dirname(folder));
  }

  static async dev(folder) {
    const state = await mkdtemp(join(tmpdir(), "gatepost-explorer-state-"));
    begun.push(() => rm(state, { recursive: true, force: true }));
    const ports = ["--port", "0", "--issuer-port", "0", "--explorer-port", "0", "--table-port", "0"];
    const program = await Program.#start(
      ["dev", ...ports, "--state", state, "--policies", basename(folder)],
      dirname(folder),
    );
    return Object.assign(program, { state });
  }

  // Its addresses by the names that it prints them with, such as `Explorer`.
  static async #start(words, cwd, variables = {}) {
    await hasProgram();
    const program = new Program(words, cwd, variables);
    begun.push(() => program.stop());
    await program.#readBanner();
    return program;
  }

  constructor(words, cwd, variables) {
    this.words = words;
    this.cwd = cwd;
    this.addresses = {};
    this.output = "";
    this.#child = spawn(BINARY, words, {
      cwd,
      env: { ...environment(), ...variables },
      stdio: ["ignore", "pipe", "pipe"],
    });
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
    this.#ended.then(() =>
      found.reject(new Error(`gatepost ${this.words[0]} has ended. It said:\n${this.output}`)),
    );
    await found.promise;
  }

  get url() {
    return this.addresses.Explorer.replace(/\/$/, "");
  }

  /** The explorer of the table of `dev`. */
  table(...options) {
    const variables = {
      AWS_ACCESS_KEY_ID: "development",
      AWS_SECRET_ACCESS_KEY: "development",
      AWS_REGION: "eu-west-1",
      AWS_ENDPOINT_URL_DYNAMODB: this.addresses.Table,
    };
    const words = [
      "explore",
      "dynamodb:gatepost-policies",
      "--port",
      "0",
      "--routes",
      "policies/routes/openapi.yaml",
    ];
    return Program.#start([...words, ...options], this.cwd, variables);
  }

  /** Calls the API of `dev` by an account, or by nobody; the status. */
  async call(method, path, account) {
    const words = [
      "token",
      account,
      "--state",
      this.state,
      "--issuer",
      this.addresses["Sign in"].replace(/\/$/, ""),
    ];
    const token = account && execFileSync(BINARY, words, { env: environment(), encoding: "utf8" }).trim();
    const headers = token ? { Authorization: `Bearer ${token}` } : {};
    const answer = await fetch(this.addresses.API.replace(/\/$/, "") + path, { method, headers });
    return answer.status;
  }

  /** Starts it again where it was. */
  async again() {
    await this.stop();
    const port = new URL(this.url).port;
    const words = this.words.map((word, at) => (this.words[at - 1] === "--port" ? port : word));
    return Program.#start(words, this.cwd);
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
