// A `gatepost dev` of its own for a test file: free ports, its own state, and a copy of the example
// policies that a test may change.

import { spawn } from "node:child_process";
import { on, once } from "node:events";
import { access, constants, cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("../../../../", import.meta.url));
export const BINARY = process.env.GATEPOST_BIN ?? join(ROOT, "target/debug/gatepost");

// For whatever gatepost is to say next. It takes milliseconds, but not on a machine that compiles.
const PATIENCE_MS = 20_000;

export class Gatepost {
  #child;
  #folder;
  #ended;
  #lines = [];
  #reader;

  // With these options and variables besides.
  static async start({ options = [], variables = {} } = {}) {
    await hasProgram();
    const folder = await mkdtemp(join(tmpdir(), "gatepost-browser-"));
    const policies = join(folder, "policies");
    await cp(join(ROOT, "policies"), policies, { recursive: true });
    const ports = ["--port", "0", "--issuer-port", "0", "--explorer-port", "0", "--table-port", "0"];
    const folders = ["--state", join(folder, "state"), "--policies", policies];
    const child = spawn(BINARY, ["dev", ...ports, ...folders, ...options], {
      env: { ...environment(), ...variables },
      stdio: ["ignore", "inherit", "pipe"],
    });
    await once(child, "spawn");
    const gatepost = new Gatepost(child, folder);
    try {
      await gatepost.#readBanner();
    } catch (error) {
      await gatepost.stop();
      throw error;
    }
    return gatepost;
  }

  constructor(child, folder) {
    this.#child = child;
    this.#folder = folder;
    this.#ended = once(child, "exit");
    this.#reader = createInterface({ input: child.stderr });
    this.#reader.on("line", (line) => this.#lines.push(line));
  }

  async #readBanner() {
    const addresses = ["API", "Sign in", "Table"].map((name) => this.nextLine(new RegExp(`^\\s*${name}\\s+(http:\\S+)`)));
    [this.apiUrl, this.issuerUrl, this.tableUrl] = (await Promise.all(addresses)).map((match) => match[1]);
  }

  // The file of a group's policy document.
  policyFile(group) {
    return join(this.#folder, "policies/groups", `${group}.json`);
  }

  // The first line from now on that matches, as its match. To be asked for before doing what makes
  // gatepost say it.
  async nextLine(pattern) {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    try {
      for await (const [line] of on(this.#reader, "line", { close: ["close"], signal })) {
        const match = pattern.exec(line);
        if (match) return match;
      }
    } catch (error) {
      if (error.name !== "AbortError") throw error;
    }
    throw new Error(`gatepost did not say ${pattern}. It said:\n${this.output()}`);
  }

  // Runs another command of the program beside it, on its table.
  async run(...command) {
    const variables = {
      AWS_ACCESS_KEY_ID: "development",
      AWS_SECRET_ACCESS_KEY: "development",
      AWS_REGION: "eu-west-1",
      AWS_ENDPOINT_URL_DYNAMODB: this.tableUrl,
      GATEPOST_POLICY_TABLE: "gatepost-policies",
    };
    const child = spawn(BINARY, command, { env: { ...environment(), ...variables }, stdio: ["ignore", "ignore", "inherit"] });
    const [status] = await once(child, "exit");
    if (status !== 0) throw new Error(`gatepost ${command[0]} has ended with ${status}`);
  }

  // Everything it has said.
  output() {
    return this.#lines.join("\n");
  }

  // Ends it as Ctrl-C does, and returns its exit status.
  async stop() {
    this.#child.kill("SIGINT");
    const [status] = await this.#ended;
    await rm(this.#folder, { recursive: true });
    return status;
  }
}

// That the program has been built.
export async function hasProgram() {
  await access(BINARY, constants.X_OK).catch(() => {
    throw new Error(`no program at ${BINARY}: run cargo build, or set GATEPOST_BIN`);
  });
}

// Without the settings of the shell, which would be the authorizer's; `GATEPOST_BIN` among them
// would even be one that it refuses.
export function environment() {
  const isSetting = ([name]) => /^(AWS|GATEPOST)_/.test(name);
  const inherited = Object.entries(process.env).filter((variable) => !isSetting(variable));
  return { ...Object.fromEntries(inherited), NO_COLOR: "1" };
}
