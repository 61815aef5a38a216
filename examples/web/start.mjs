// `npm start`: the API, its sign-in page and the policies (`gatepost dev`), and this app in front of them. With
// VITE_GATEPOST_MODE=cookie, `gatepost dev` serves the app too: pages, /auth/* and the API have one origin.
// Ctrl-C ends all of it.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir } from "node:fs/promises";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

import { build, createServer, loadEnv } from "vite";

import { COOKIE_SETTINGS, writeCookieRoutes } from "./cookie-routes.js";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const HERE = fileURLToPath(new URL(".", import.meta.url));
const CONFIG = { root: HERE, configFile: `${HERE}vite.config.js` };

const isCookieMode = loadEnv("development", HERE, "VITE_").VITE_GATEPOST_MODE === "cookie";
const { options, variables, whenUp } = isCookieMode ? await cookieMode() : headerMode();

const cargo = spawn("cargo", ["run", "--quiet", "-p", "gatepost-cli", "--", "dev", ...options], {
  cwd: ROOT,
  env: { ...variables, ...process.env },
  stdio: ["ignore", "inherit", "pipe"],
});
cargo.once("error", (error) => {
  console.error(`cannot run cargo (https://rustup.rs): ${error.message}`);
  process.exit(2);
});

// Ctrl-C goes to all of them; gatepost says when it has ended.
process.on("SIGINT", () => {});

const lines = createInterface({ input: cargo.stderr });
let address;
lines.on("line", async (line) => {
  console.error(line);
  address ??= /^\s*API\s+(http:\S+)/.exec(line)?.[1];
  if (line.includes("Ctrl-C ends it")) console.log(`\n  Open  ${await whenUp(address)}\n`);
});

const [status] = await once(cargo, "exit");
process.exit(status ?? 1);

// Vite serves the app, which calls the API on another port.
function headerMode() {
  const whenUp = async () => {
    const server = await createServer(CONFIG);
    await server.listen();
    return server.resolvedUrls.local[0];
  };
  return { options: [], variables: {}, whenUp };
}

// The app is built, and again with each change.
async function cookieMode() {
  const watcher = await build({ ...CONFIG, logLevel: "warn", build: { watch: {} } });
  await new Promise((resolve, reject) => {
    watcher.on("event", ({ code, error }) => {
      if (code === "END") resolve();
      if (code === "ERROR") reject(error);
    });
  });
  const routes = `${ROOT}.gatepost/cookie-routes.yaml`;
  await mkdir(`${ROOT}.gatepost`, { recursive: true });
  await writeCookieRoutes(routes);
  return { options: ["--site", `${HERE}dist`, "--routes", routes], variables: COOKIE_SETTINGS, whenUp: (api) => `${api}/` };
}
