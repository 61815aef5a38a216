// Calls of `gatepost dev`, as they come.

import assert from "node:assert/strict";

import { Program, downloaded, pageTest, policies } from "./world.mjs";

const folder = await policies();
const program = await Program.dev(folder);
const rows = (page) => page.locator("tbody tr");

pageTest("a call is seen as it comes", {}, async ({ page }) => {
  await page.goto(`${program.url}/watch`);
  await page.getByText("No call yet").waitFor();
  const row = rows(page).first();
  assert.equal(await program.call("GET", "/movies"), 401);
  await row.filter({ hasText: "/movies" }).filter({ hasText: "401" }).waitFor();
  assert.equal(await program.call("GET", "/movies/7", "alice"), 200);
  await row
    .filter({ hasText: "/movies/7" })
    .filter({ hasText: "movies-group" })
    .filter({ hasText: "allow" })
    .waitFor();
  assert.equal(await program.call("GET", "/shows", "alice"), 403);
  await row.filter({ hasText: "/shows" }).filter({ hasText: "implicit deny" }).waitFor();
  assert.ok(!(await page.content()).includes("eyJ"));
});

pageTest("calls seen before are there, can be filtered, held and exported", {}, async ({ page }) => {
  await program.call("DELETE", "/shows/7");
  await page.goto(`${program.url}/watch`);
  await rows(page).filter({ hasText: "/shows/7" }).first().waitFor();
  await page.getByRole("button", { name: "Hold" }).click();
  await program.call("GET", "/health");
  await page.getByRole("button", { name: "Go on (1 more)" }).waitFor();
  await page.getByLabel("Filter").fill("delete");
  assert.equal(await rows(page).count(), 1);
  assert.match(page.url(), /\/watch\?filter=delete$/);
  const { content } = await downloaded(page, () => page.getByRole("button", { name: /^CSV/ }).click());
  assert.match(
    String(content),
    /^time,call,status,decision,reason,groups,cache,ms\r\n[^,]+,DELETE \/shows\/7,401,/,
  );
});

pageTest("a call is explained, and made a test case of", {}, async ({ page }) => {
  await program.call("DELETE", "/movies/7", "alice");
  await page.goto(`${program.url}/watch?filter=/movies/7`);
  await page.getByRole("button", { name: "Test case of DELETE /movies/7" }).first().click();
  await page.getByRole("button", { name: "Make a test case of it" }).click();
  await page
    .getByRole("region", { name: "Test case", exact: true })
    .filter({ hasText: "DELETE /movies/7: deny" })
    .waitFor();
  await rows(page).first().getByRole("link", { name: "Explain" }).click();
  await page.getByText("Denied: no statement allows it").waitFor();
  assert.match(page.url(), /\/ask\?groups=movies-group&method=DELETE&path=\/movies\/7$/);
});

pageTest("without a gateway there is nothing to watch, and it is said how there is", {}, async ({ page }) => {
  const { url } = await Program.explore(folder);
  await page.goto(`${url}/watch`);
  await page.getByText("Nothing to watch").waitFor();
});
