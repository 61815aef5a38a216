// When the server goes and comes, and when documents change under the page.

import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { Program, pageTest, policies } from "./world.mjs";

pageTest("a server that is gone is told, and found again", {}, async ({ page, complaints }) => {
  const program = await Program.explore(await policies());
  await page.goto(`${program.url}/map`);
  await page.getByText("3 subjects").waitFor();
  await program.stop();
  const banner = page.getByRole("alert").filter({ hasText: "The server is gone" });
  await banner.waitFor();
  await program.again();
  await banner.waitFor({ state: "detached" });
  // The browser says of each attempt that nobody answered.
  complaints.splice(
    0,
    complaints.length,
    ...complaints.filter((text) => !/ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED/.test(text)),
  );
});

pageTest("the map follows the documents", {}, async ({ page }) => {
  const folder = await policies();
  const { url } = await Program.explore(folder);
  await page.goto(`${url}/map?routes=get+shows&subjects=movies`);
  const cell = page.locator(".map-grid [tabindex]");
  await cell.focus();
  await page.keyboard.press("Control+End");
  assert.equal(await cell.innerText(), "group:movies-group: denied");
  const file = join(folder, "groups/movies-group.json");
  await writeFile(
    file,
    (await readFile(file, "utf8")).replace('"GET/movies/*"', '"GET/movies/*", "GET/shows/*"'),
  );
  await cell.filter({ hasText: "allowed" }).waitFor();
});

pageTest("documents that are none are told, and others can still be read", {}, async ({ page, complaints }) => {
  const folder = await policies();
  await writeFile(join(folder, "groups/movies-group.json"), '{ "Version": "2012-10-17" }');
  const { url } = await Program.explore(folder);
  await page.goto(`${url}/map`);
  await page.getByRole("alert").filter({ hasText: "movies-group" }).waitFor();
  await page.getByRole("link", { name: "Try" }).click();
  await page.getByRole("link", { name: "group:movies-group" }).click();
  await page.getByText("This is no policy document").waitFor();
  // The browser tells answers that are errors, too.
  complaints.splice(0, complaints.length, ...complaints.filter((text) => !/status of 409/.test(text)));
});
