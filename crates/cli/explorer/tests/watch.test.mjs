// Calls of `gatepost dev`, as they come.

import assert from "node:assert/strict";

import { Program, downloaded, pageTest, policies } from "./world.mjs";

const folder = await policies();
const program = await Program.dev(folder);
const rows = (page) => page.locator("tbody tr");

// A token of the development issuer would take a sign-in: a call without one is refused, and told all the same.
async function call(method, path) {
  const answer = await fetch(program.addresses.API.replace(/\/$/, "") + path, { method });
  return answer.status;
}

pageTest("a call is seen as it comes", {}, async ({ page }) => {
  await page.goto(`${program.url}/watch`);
  await page.getByText("No call yet").waitFor();
  assert.equal(await call("GET", "/movies"), 401);
  const row = rows(page).first();
  await row.filter({ hasText: "/movies" }).filter({ hasText: "401" }).waitFor();
  assert.equal(await call("GET", "/health"), 200);
  await row.filter({ hasText: "/health" }).filter({ hasText: "200" }).waitFor();
});

pageTest("calls seen before are there, can be filtered, held and taken along", {}, async ({ page }) => {
  await call("DELETE", "/shows/7");
  await page.goto(`${program.url}/watch`);
  await rows(page).filter({ hasText: "/shows/7" }).first().waitFor();
  await page.getByRole("button", { name: "Hold" }).click();
  await call("GET", "/health");
  await page.getByRole("button", { name: "Go on (1 more)" }).waitFor();
  await page.getByLabel("Filter").fill("delete");
  assert.equal(await rows(page).count(), 1);
  assert.match(page.url(), /\/watch\?filter=delete$/);
  const { content } = await downloaded(page, () => page.getByRole("button", { name: /^CSV/ }).click());
  assert.match(String(content), /^time,call,status,decision,reason,groups,cache,ms\r\n[^,]+,DELETE \/shows\/7,401,/);
});

pageTest("a call is explained, and made a test case of", {}, async ({ page }) => {
  await call("DELETE", "/movies/7");
  await page.goto(`${program.url}/watch?filter=/movies/7`);
  await page.getByRole("button", { name: "Test case of DELETE /movies/7" }).first().click();
  await page.getByRole("button", { name: "Make a test case of it" }).click();
  await page.getByRole("region", { name: "Test case", exact: true }).filter({ hasText: "DELETE /movies/7: deny" }).waitFor();
  await rows(page).first().getByRole("link", { name: "Explain" }).click();
  await page.getByText("Denied: no statement allows it").waitFor();
});

pageTest("without a gateway there is nothing to watch, and it is said how there is", {}, async ({ page }) => {
  const { url } = await Program.explore(folder);
  await page.goto(`${url}/watch`);
  await page.getByText("Nothing to watch").waitFor();
});
