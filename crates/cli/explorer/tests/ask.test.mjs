// Questions about the example policies.

import assert from "node:assert/strict";

import { Program, downloaded, pageTest, policies } from "./world.mjs";

const program = await Program.explore(await policies());
const { url } = program;

pageTest("a form asks, and its address is the question", {}, async ({ page, context }) => {
  await page.goto(`${url}/ask`);
  await page.getByLabel("Groups of the caller").fill("movies-group,");
  await page.getByLabel("Path, as it is sent").fill("/movies/7");
  await page.getByText("Allowed", { exact: true }).waitFor();
  await page.getByLabel("Method").selectOption("DELETE");
  await page.getByText("Denied: no statement allows it").waitFor();
  await page.getByText("be a member of group:admin-group").first().waitFor();
  const other = await context.newPage();
  await other.goto(page.url());
  await other.getByText("Denied: no statement allows it").waitFor();
  await other.getByRole("button", { name: "Remove movies-group" }).click();
  await other.getByLabel("Groups of the caller").fill("admin-group");
  await other.keyboard.press("Enter");
  await other.getByText("Allowed", { exact: true }).waitFor();
  await other.locator("mark.decided").waitFor();
});

pageTest("a page is asked about as a call is", {}, async ({ page }) => {
  await page.goto(`${url}/ask?groups=movies-group&page=/app/shows/`);
  await page.getByText("Denied: no statement allows it").waitFor();
  await page.goto(`${url}/ask?groups=movies-group&page=/app/movies/`);
  await page.getByText("Allowed", { exact: true }).waitFor();
});

pageTest("a group without a document is told", {}, async ({ page }) => {
  await page.goto(`${url}/ask?groups=movie-group&method=GET&path=/movies`);
  await page.getByText("No document: group:movie-group").waitFor();
});

pageTest("a token is read once, by a POST, and leaves the field", {}, async ({ page, requests }) => {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const token = `${part({ alg: "RS256", kid: "a" })}.${part({ sub: "u-1", "cognito:groups": ["shows-group"] })}.c2ln`;
  await page.goto(`${url}/ask?method=GET&path=/shows`);
  await page.getByText("Denied: no statement allows it").waitFor();
  await page.getByText("Paste a token").click();
  const field = page.getByLabel("Read by this explorer, not verified, not kept");
  await field.fill(token);
  await page.getByText("Allowed", { exact: true }).waitFor();
  assert.equal(await field.inputValue(), "");
  const carrying = requests.filter((request) => request.postData()?.includes(token));
  assert.deepEqual(
    carrying.map((request) => request.method()),
    ["POST"],
  );
  assert.ok(!requests.some((request) => request.url().includes(token)));
  assert.ok(!(await page.content()).includes(token));
  assert.equal(
    await page.evaluate(() => Object.keys(localStorage).length + Object.keys(sessionStorage).length),
    0,
  );
  assert.ok(!program.output.includes("eyJ"));
});

pageTest("a line of the decision log is explained", {}, async ({ page }) => {
  await page.goto(`${url}/ask`);
  await page.getByText("Paste a token").click();
  await page
    .getByLabel("Read by this explorer, not verified, not kept")
    .fill('{"outcome":"deny","reason":"no_subjects"}');
  await page.getByText("the caller is in no group").waitFor();
});

pageTest("who can call a route is a list, to export", {}, async ({ page }) => {
  await page.goto(`${url}/ask/who?verb=DELETE&path=/movies/*`);
  const rows = page.locator("tbody tr");
  await rows.first().waitFor();
  assert.match(await rows.first().innerText(), /group:admin-group\s+allowed/);
  assert.equal(await rows.count(), 1);
  await page.getByLabel("also those who cannot").check();
  await rows.nth(2).waitFor();
  const { name, content } = await downloaded(page, () => page.getByRole("button", { name: /^CSV/ }).click());
  assert.equal(name, "who.csv");
  assert.match(String(content), /^subject,decision,why\r\ngroup:admin-group,allow,/);
});

pageTest("what a group can do is a list, to export", {}, async ({ page }) => {
  await page.goto(`${url}/ask/what`);
  await page.getByRole("navigation", { name: "Documents" }).getByText("group:movies-group").click();
  const rows = page.locator("tbody tr");
  await rows.filter({ hasText: "/movies/{id}" }).waitFor();
  assert.match(page.url(), /\/ask\/what\/group%3Amovies-group$/);
  const { content } = await downloaded(page, () => page.getByRole("button", { name: /^JSON/ }).click());
  const paths = JSON.parse(String(content)).map(({ path }) => path);
  assert.deepEqual(paths, ["/api/profile", "/movies", "/movies/{id}", "/app/movies/*"]);
  await rows.filter({ hasText: "/movies/{id}" }).getByRole("link").click();
  await page.getByRole("complementary").getByText("ReadMovies").first().waitFor();
});
