// Trying and saving changes of the example policies.

import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { Program, pageTest, policies } from "./world.mjs";

const SUBJECT = "/try/group%3Ashows-group";

// Each test changes files: a folder and a program of its own.
async function editable(...options) {
  const folder = await policies();
  const { url } = await Program.explore(folder, ...options);
  return { url, folder, file: join(folder, "groups/shows-group.json") };
}

const editor = (page) => page.locator(".cm-content");
const verdict = (page) => page.getByRole("region", { name: "What it would do" });

/** Puts a text in the place of all there is, as somebody who pastes. */
async function rewrite(page, change) {
  await editor(page).waitFor();
  const before = await page.locator(".cm-line").allInnerTexts();
  await editor(page).focus();
  await page.keyboard.press("Control+a");
  await page.keyboard.insertText(change(before.join("\n")));
}

const WIDER = (text) => text.replace('"GET/shows/*"', '"*/shows/*"');

pageTest("a change is told before it is made: gains, tests and size", {}, async ({ page }) => {
  const { url, file } = await editable("--edit");
  const saved = await readFile(file, "utf8");
  await page.goto(url + SUBJECT);
  await verdict(page).getByText("No request is decided differently.").waitFor();
  await rewrite(page, WIDER);
  await verdict(page)
    .getByRole("row")
    .filter({ hasText: "DELETE" })
    .filter({ hasText: "gained" })
    .first()
    .waitFor();
  await verdict(page)
    .getByText(/\d+ of \d+ cases failed/)
    .waitFor();
  await verdict(page)
    .getByText(/of 8,192 bytes/)
    .waitFor();
  assert.equal(await readFile(file, "utf8"), saved);
});

pageTest("a draft outlives the page, and is shown on the map", {}, async ({ page }) => {
  const { url } = await editable("--edit");
  await page.goto(url + SUBJECT);
  await rewrite(page, WIDER);
  await page.getByText("A draft, kept in this browser.").waitFor();
  await page.reload();
  await page.getByText("A draft, kept in this browser.").waitFor();
  await page.locator(".cm-line").filter({ hasText: '"*/shows/*"' }).waitFor();
  await page.getByRole("link", { name: "The map with 1 draft" }).click();
  await page.getByRole("button", { name: "With 1 draft", pressed: true }).waitFor();
  await page.getByLabel("Routes").fill("delete shows");
  const cell = page.locator(".map-grid [tabindex]");
  await cell.focus();
  await page.keyboard.press("Control+End");
  assert.equal(await cell.innerText(), "group:shows-group: allowed");
  await page.getByText("allowed with your drafts, denied without them").first().waitFor();
});

pageTest("what is saved is in the file", {}, async ({ page }) => {
  const { url, file } = await editable("--edit");
  await page.goto(url + SUBJECT);
  await rewrite(page, WIDER);
  await page.getByText("A draft, kept in this browser.").waitFor();
  await page.keyboard.press("Control+s");
  await page.getByText("Saved.").waitFor();
  assert.match(await readFile(file, "utf8"), /"\*\/shows\/\*"/);
  await page.reload();
  await page.getByText("As it is saved.").waitFor();
  assert.equal(await page.evaluate(() => Object.keys(localStorage).length), 0);
});

pageTest("a conflict shows both texts, and people choose", {}, async ({ page }) => {
  const { url, file } = await editable("--edit");
  await page.goto(url + SUBJECT);
  await rewrite(page, WIDER);
  await page.getByText("A draft, kept in this browser.").waitFor();
  const theirs = (await readFile(file, "utf8")).replace('"GET/api/profile"', '"GET/api/profiles"');
  await writeFile(file, theirs);
  const conflict = page.getByRole("alert").filter({ hasText: "It has changed since you began" });
  await conflict.waitFor();
  await conflict.getByRole("region", { name: "What is there now" }).getByText('"GET/api/profiles"').waitFor();
  await conflict.getByRole("region", { name: "Your draft" }).getByText('"*/shows/*"').waitFor();
  assert.ok(await page.getByRole("button", { name: "Save" }).isDisabled());
  await page.getByRole("button", { name: "Keep my draft" }).click();
  await conflict.waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("Saved.").waitFor();
  assert.match(await readFile(file, "utf8"), /"\*\/shows\/\*"/);
});

pageTest("what somebody else has saved can be taken instead", {}, async ({ page }) => {
  const { url, file } = await editable("--edit");
  await page.goto(url + SUBJECT);
  await rewrite(page, WIDER);
  await page.getByText("A draft, kept in this browser.").waitFor();
  await writeFile(file, (await readFile(file, "utf8")).replace('"GET/api/profile"', '"GET/api/profiles"'));
  await page.getByRole("button", { name: "Take what is there" }).click();
  await page.locator(".cm-line").filter({ hasText: '"GET/api/profiles"' }).waitFor();
  await page.getByText("As it is saved.").waitFor();
});

pageTest("a text that is no document is told where it is wrong", {}, async ({ page }) => {
  const { url } = await editable("--edit");
  await page.goto(url + SUBJECT);
  await rewrite(page, (text) => text.replace('"Effect": "Allow"', '"Efect": "Allow"'));
  await verdict(page).getByText("This is no policy document").waitFor();
  await page.locator(".cm-lint-marker-error").first().waitFor();
});

pageTest("names and values are completed", {}, async ({ page }) => {
  const { url } = await editable("--edit");
  await page.goto(url + SUBJECT);
  await rewrite(page, () => '{ "Version": "2012-10-17", "Statement": [ {  } ] }');
  for (let presses = 0; presses < 6; presses += 1) await page.keyboard.press("ArrowLeft");
  await page.keyboard.press("Control+Space");
  const options = page.locator(".cm-tooltip-autocomplete li");
  await options.filter({ hasText: '"Effect"' }).waitFor();
  assert.equal(await options.filter({ hasText: '"Version"' }).count(), 0);
  await options.filter({ hasText: '"Effect"' }).click();
  await page.locator(".cm-line").filter({ hasText: '"Effect": ""' }).waitFor();
});

pageTest("a new document is begun", {}, async ({ page, complaints }) => {
  const { url, folder } = await editable("--edit");
  await page.goto(`${url}/try`);
  await page.getByLabel("New document").fill("editors");
  await page.getByRole("button", { name: "Begin" }).click();
  await page.getByText("not there yet").waitFor();
  await rewrite(page, (text) => text.replace('"GET/"', '"GET/movies"'));
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await page.getByText("Saved.").waitFor();
  assert.match(await readFile(join(folder, "groups/editors.json"), "utf8"), /"GET\/movies"/);
  await page.getByRole("navigation", { name: "Documents" }).getByText("group:editors").waitFor();
  // The browser tells that there was none at first.
  complaints.splice(0, complaints.length, ...complaints.filter((text) => !/status of 404/.test(text)));
});

pageTest("read-only, a change can be tried and not saved", {}, async ({ page }) => {
  const { url } = await editable();
  await page.goto(url + SUBJECT);
  await page.getByText("This explorer is read-only").waitFor();
  await rewrite(page, WIDER);
  await verdict(page).getByText("gained").first().waitFor();
  assert.equal(await page.getByRole("button", { name: "Save" }).count(), 0);
});
