// Versions of a document, of a folder in a git repository.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

import { Program, pageTest, policies } from "./world.mjs";

const folder = await policies();
const file = join(folder, "groups/movies-group.json");

function git(...words) {
  const name = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com"];
  execFileSync("git", ["-C", dirname(folder), ...name, ...words], { stdio: "pipe" });
}

git("init", "--quiet");
git("add", ".");
git("commit", "--quiet", "-m", "Everybody reads movies");
await writeFile(file, (await readFile(file, "utf8")).replace('"GET/movies/*"', '"*/movies/*"'));
git("commit", "--quiet", "-a", "-m", "Movies can be changed");

const { url } = await Program.explore(folder);
const versions = (page) => page.locator("tbody").first().locator("tr");

pageTest("who changed a document and why, and what it came to", {}, async ({ page }) => {
  await page.goto(`${url}/history/group%3Amovies-group`);
  await versions(page)
    .first()
    .filter({ hasText: "Movies can be changed" })
    .filter({ hasText: "Ada" })
    .waitFor();
  assert.equal(await versions(page).count(), 2);
  await page.getByRole("row").filter({ hasText: "gained" }).filter({ hasText: "DELETE" }).waitFor();
  await page.locator("ins").filter({ hasText: "*/movies/*" }).waitFor();
  await page.locator("del").filter({ hasText: "GET/movies/*" }).waitFor();
});

pageTest("any two versions are compared, and the address has which", {}, async ({ page }) => {
  await page.goto(`${url}/history/group%3Amovies-group`);
  await versions(page).nth(1).getByRole("radio", { name: /^to/ }).check();
  await versions(page).first().getByRole("radio", { name: /^from/ }).check();
  await page.getByRole("row").filter({ hasText: "lost" }).filter({ hasText: "DELETE" }).waitFor();
  assert.match(page.url(), /\?from=2&to=1$/);
});
