// Who gets to see which page of the app: the function of the edge, the page pass and the session function.

import assert from "node:assert/strict";

import { browserTest, startGatepostWithCookies } from "./world.mjs";

const { home } = await startGatepostWithCookies();

const ADMIN = `${home}app/admin/`;

browserTest("nobody is led from a page to the sign-in, and back to it", async ({ page, app }) => {
  await page.goto(`${ADMIN}?tab=users`);
  await page.getByRole("button", { name: "Sign in as admin" }).click();
  await page.getByRole("heading", { name: "Administration" }).waitFor();
  assert.equal(page.url(), `${ADMIN}?tab=users`);
  await app.who.getByText("admin", { exact: true }).waitFor();
  assert.equal(await app.call("GET /api/admin/users"), "200 OK Allowed.");
});

for (const [username, pages] of [
  ["alice", ["movies"]],
  ["bob", ["shows"]],
  ["carol", ["movies", "shows"]],
  ["dave", []],
  ["admin", ["movies", "shows", "admin"]],
]) {
  browserTest(`${username} sees ${pages.join(", ") || "the start page"}, and is led from other pages to the start page`, async ({ page, app }) => {
    await page.goto(home);
    await app.signIn(username);
    const seen = [];
    for (const name of ["movies", "shows", "admin"]) {
      await page.goto(`${home}app/${name}/`);
      if (page.url() === home) await page.getByRole("heading", { name: "Movies & shows" }).waitFor();
      else seen.push(name);
    }
    assert.deepEqual(seen, pages);
  });
}

browserTest("a script gets no page that its user may not see", async ({ page, app }) => {
  await page.goto(home);
  await app.signIn("alice");
  const text = (path) => page.evaluate(async (path) => (await fetch(path)).text(), path);
  assert.match(await text("/app/movies/"), /<h1>Movies<\/h1>/);
  for (const path of ["/app/admin/", "/app/admin/index.html", "/app/shows/"]) assert.match(await text(path), /data-page="home"/, path);
});

browserTest("a page is not shown any more after signing out, nor one that the browser has kept", async ({ context, page }) => {
  const signInAsAdmin = page.getByRole("button", { name: "Sign in as admin" });
  await page.goto(ADMIN);
  await signInAsAdmin.click();
  await page.getByRole("heading", { name: "Administration" }).waitFor();
  const kept = await context.newPage();
  await kept.goto(ADMIN);
  await kept.getByRole("heading", { name: "Administration" }).waitFor();

  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("heading", { name: "You have signed out" }).waitFor();
  await page.goto(ADMIN);
  await signInAsAdmin.waitFor();
  // As a browser tells a page that it shows again without having loaded it.
  await kept.evaluate(() => { dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true })); });
  await kept.getByRole("button", { name: "Sign in as admin" }).waitFor();
});
