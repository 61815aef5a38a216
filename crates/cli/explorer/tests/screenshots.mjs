// Makes the pictures of docs/explorer.md, docs/images/explorer-*.png, or with a folder as argument all views,
// light, dark and narrow, into that.

import { execFileSync } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

import { ROOT } from "../../tests/browser/gatepost.mjs";
import { Program, browser, clearAway, policies } from "./program.mjs";

const VIEWS = [
  { name: "map", set: "large", isThere: "canvas", address: "/map?order=similar", isInGuide: true, hover: true },
  { name: "map-folded", set: "large", isThere: "canvas", address: "/map?fold=*" },
  { name: "map-example", set: "example", isThere: "canvas", address: "/map" },
  {
    name: "cell",
    set: "example",
    isThere: "mark",
    address: "/map?subject=group:movies-group&verb=DELETE&path=/movies/{id}",
    isInGuide: true,
  },
  {
    name: "ask",
    set: "example",
    isThere: "mark",
    address: "/ask?groups=movies-group&method=DELETE&path=/movies/7",
    isInGuide: true,
  },
  { name: "who", set: "large", isThere: "tbody tr", address: "/ask/who?verb=DELETE&path=/api/v2/invoices/*" },
  { name: "what", set: "example", isThere: "tbody tr", address: "/ask/what/group:movies-group" },
  {
    name: "try",
    set: "example",
    isThere: ".verdict h3",
    address: "/try/group:movies-group",
    isInGuide: true,
    edit: true,
  },
  {
    name: "conflict",
    set: "example",
    isThere: ".verdict h3",
    address: "/try/group:shows-group",
    conflict: true,
  },
  { name: "watch", set: "example", isThere: "tbody tr", address: "/watch", isInGuide: true },
  { name: "history", set: "example", isThere: "ins", address: "/history/group:movies-group", isInGuide: true },
  { name: "empty", set: "example", isThere: "main h2", address: "/ask" },
];
const LOOKS = [
  { ending: "", viewport: { width: 1280, height: 860 }, colorScheme: "light" },
  { ending: "-dark", viewport: { width: 1280, height: 860 }, colorScheme: "dark" },
  { ending: "-narrow", viewport: { width: 390, height: 844 }, colorScheme: "light" },
];

const [target] = process.argv.slice(2);
const folder = await withHistory();
const programs = {
  example: await Program.dev(folder),
  large: await Program.explore(await policies({ isLarge: true })),
};
for (const [method, path, account] of [
  ["GET", "/health"],
  ["GET", "/movies"],
  ["GET", "/movies", "alice"],
  ["GET", "/movies", "alice"],
  ["GET", "/movies/7", "alice"],
  ["DELETE", "/movies/7", "alice"],
  ["GET", "/shows", "bob"],
  ["GET", "/api/admin/users", "bob"],
  ["DELETE", "/api/admin/users/7", "admin"],
]) {
  await programs.example.call(method, path, account);
}
if (target) await mkdir(target, { recursive: true });

for (const view of VIEWS) {
  for (const { ending, ...look } of target ? LOOKS : LOOKS.slice(0, 1)) {
    if (!target && !view.isInGuide) continue;
    const path = target
      ? join(target, `${view.name}${ending}.png`)
      : join(ROOT, `docs/images/explorer-${view.name}.png`);
    await shoot(view, look, path);
    console.log(path);
  }
}
await clearAway();

async function shoot(view, look, path) {
  const context = await (await browser()).newContext({ ...look, reducedMotion: "reduce" });
  const page = await context.newPage();
  await page.goto(programs[view.set].url + view.address);
  await page.waitForLoadState("load");
  await page.locator(view.isThere).first().waitFor();
  await page.waitForTimeout(500);
  if (view.hover) await page.mouse.move(560, 470);
  if (view.edit || view.conflict) {
    const lines = await page.locator(".cm-line").allInnerTexts();
    await page.locator(".cm-content").focus();
    await page.keyboard.press("Control+a");
    await page.keyboard.insertText(lines.join("\n").replace(/("GET\/\w+)\/\*"/, '$1/*", "PUT/shows/*"'));
    await page.keyboard.press("Control+Home");
  }
  if (view.conflict) {
    const file = join(folder, "groups/shows-group.json");
    const text = await readFile(file, "utf8");
    await page.waitForTimeout(500);
    await writeFile(file, text.replace('"GET/api/profile"', '"GET/api/profiles"'));
    await page.getByText("It has changed since you began").waitFor();
    await page.screenshot({ path });
    await writeFile(file, text);
  } else {
    await page.waitForTimeout(1500);
    await page.screenshot({ path });
  }
  await context.close();
}

async function withHistory() {
  const folder = await policies();
  const git = (...words) =>
    execFileSync(
      "git",
      ["-C", dirname(folder), "-c", "user.name=Ada", "-c", "user.email=ada@example.com", ...words],
      { stdio: "pipe" },
    );
  const file = join(folder, "groups/movies-group.json");
  const text = await readFile(file, "utf8");
  git("init", "--quiet");
  await writeFile(file, text.replace(', "GET/movies/*"', ""));
  git("add", ".");
  git("commit", "--quiet", "-m", "The list of movies");
  await writeFile(file, text);
  git("commit", "--quiet", "-a", "-m", "Each movie, too");
  return folder;
}
