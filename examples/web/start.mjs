// `npm start`: the API, its sign-in page and the policies (`gatepost dev`), and this app in front of them.
// Ctrl-C ends both.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

import { createServer } from "vite";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

const cargo = spawn("cargo", ["run", "--quiet", "-p", "gatepost-cli", "--", "dev"], {
  cwd: ROOT,
  stdio: ["ignore", "inherit", "pipe"],
});
cargo.once("error", (error) => {
  console.error(`cannot run cargo (https://rustup.rs): ${error.message}`);
  process.exit(2);
});

// Ctrl-C goes to all of them; gatepost says when it has ended.
process.on("SIGINT", () => {});

const lines = createInterface({ input: cargo.stderr });
let server;
lines.on("line", async (line) => {
  console.error(line);
  if (!line.includes("Ctrl-C ends it") || server) return;
  server = await createServer({ configFile: fileURLToPath(new URL("vite.config.js", import.meta.url)) });
  await server.listen();
  console.log(`\n  Open  ${server.resolvedUrls.local[0]}\n`);
});

const [status] = await once(cargo, "exit");
await server?.close();
process.exit(status ?? 1);
