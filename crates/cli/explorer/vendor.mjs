// Makes vendor/*.js of vendor-src/*.js and the packages that package-lock.json names, and LICENSES.txt of
// theirs. With --check it only compares: what is committed must be what the lock builds, byte for byte.

import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";

const HERE = fileURLToPath(new URL(".", import.meta.url));
const BUNDLES = ["preact", "codemirror"];

const files = await bundles();
const isCheck = process.argv.includes("--check");
for (const [name, text] of files) {
  const path = `${HERE}vendor/${name}`;
  if (!isCheck) {
    await writeFile(path, text);
  } else if ((await readFile(path, "utf8")) !== text) {
    console.error(`vendor/${name} is not what package-lock.json builds: run npm ci && npm run vendor`);
    process.exitCode = 1;
  }
}

/** The files of vendor/ by name. */
async function bundles() {
  const files = new Map();
  const packages = new Set();
  for (const name of BUNDLES) {
    const { outputFiles, metafile } = await build({
      absWorkingDir: HERE,
      entryPoints: [`vendor-src/${name}.js`],
      bundle: true,
      format: "esm",
      target: "es2022",
      minify: true,
      charset: "utf8",
      legalComments: "none",
      metafile: true,
      write: false,
    });
    files.set(`${name}.js`, outputFiles[0].text);
    for (const input of Object.keys(metafile.inputs)) {
      const found = /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(input);
      if (found) packages.add(found[1]);
    }
  }
  return files.set("LICENSES.txt", await licences([...packages].sort()));
}

async function licences(packages) {
  const parts = [];
  for (const name of packages) {
    const folder = `${HERE}node_modules/${name}`;
    const { version, license } = JSON.parse(await readFile(`${folder}/package.json`, "utf8"));
    const text = await readFile(`${folder}/LICENSE`, "utf8");
    parts.push(`${name} ${version} (${license})\n\n${text.trim()}\n`);
  }
  return parts.join(`\n${"-".repeat(80)}\n\n`);
}
