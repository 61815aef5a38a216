// The explorer of a policy table: that of `gatepost dev`.

import assert from "node:assert/strict";

import { Program, downloaded, pageTest, policies } from "./world.mjs";

const development = await Program.dev(await policies());
const { url } = await development.table("--edit");

async function drafted(page) {
  await page.goto(`${url}/try/group%3Ashows-group`);
  await page.locator(".cm-content").waitFor();
  const lines = await page.locator(".cm-line").allInnerTexts();
  await page.locator(".cm-content").focus();
  await page.keyboard.press("Control+a");
  await page.keyboard.insertText(lines.join("\n").replace('"GET/shows/*"', '"GET/shows/*", "GET/series"'));
  await page.getByText("A draft, kept in this browser.").waitFor();
}

pageTest("all drafts are handed over as a plan", {}, async ({ page }) => {
  await drafted(page);
  const { name, content } = await downloaded(page, () =>
    page.getByRole("button", { name: "Plan for all drafts" }).click(),
  );
  assert.equal(name, "plan.json");
  assert.match(String(content), /group:shows-group/);
});

pageTest("a change is saved as a candidate, which waits", {}, async ({ page }) => {
  await drafted(page);
  await page.getByRole("button", { name: "Save as candidate" }).click();
  await page.getByText("Saved as a candidate.").waitFor();
  await page.reload();
  await page.getByText("A candidate waits").waitFor();
  await page.getByRole("button", { name: "Go on with it" }).click();
  await page.locator(".cm-line").filter({ hasText: '"GET/series"' }).waitFor();
});

pageTest("its history has who wrote which version", {}, async ({ page }) => {
  await page.goto(`${url}/history/group%3Amovies-group`);
  await page
    .getByRole("row")
    .filter({ hasText: "gatepost dev" })
    .filter({ hasText: "from the policies folder" })
    .waitFor();
});
