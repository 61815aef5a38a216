// Tokens in the tab: the app as it is built, against the real gatepost.

import assert from "node:assert/strict";

import { tabTo } from "../../../../crates/cli/tests/browser/keyboard.mjs";
import { ALLOWED, EVERYBODY } from "./rights.mjs";
import { browserTest, serveHeaderApp, startGatepost } from "./world.mjs";

const gatepost = await startGatepost();
const home = await serveHeaderApp({ api: gatepost.apiUrl, issuer: gatepost.issuerUrl });

const TOKEN_REQUEST = /\/oauth2\/token$/;

browserTest("nobody gets 401, and is told what to do about it", async ({ page, app }) => {
  await page.goto(home);
  assert.match(await app.who.innerText(), /Nobody: you have not signed in/);
  assert.equal(await app.call("GET /movies"), "401 Unauthorized You have not signed in.");
  await page.getByRole("listitem").getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("button", { name: "Sign in as alice" }).waitFor();
});

for (const [username, groups, movies, shows] of EVERYBODY) {
  browserTest(`${username} sees who they are and what they may do`, async ({ page, app }) => {
    await page.goto(home);
    await app.signIn(username);
    assert.deepEqual(await app.who.getByRole("listitem").allInnerTexts(), groups);
    assert.match(await app.who.innerText(), /Token: (59|60) min left/);
    assert.equal(await app.call("GET /movies"), movies);
    assert.equal(await app.call("GET /shows"), shows);
  });
}

browserTest("each page is a page of its own, and knows who is there", async ({ page, app }) => {
  await page.goto(`${home}app/shows/`);
  await app.signIn("alice");
  assert.equal(new URL(page.url()).pathname, "/app/shows/");
  assert.match(await app.answer("GET /shows"), /^403 Forbidden/);

  await page.getByRole("link", { name: "Movies", exact: true }).click();
  assert.equal(await app.answer("GET /movies"), ALLOWED);
  assert.match(await app.call("DELETE /movies/7"), /^403 Forbidden/);

  await page.getByRole("link", { name: "Administration" }).click();
  await page.getByRole("heading", { name: "What protects this page?" }).waitFor();
  assert.match(await app.call("GET /api/admin/users"), /^403 Forbidden/);
});

browserTest("an administrator may change the catalogue", async ({ page, app }) => {
  await page.goto(`${home}app/admin/`);
  await app.signIn("admin");
  for (const call of ["GET /api/admin/users", "POST /movies", "DELETE /shows/7"]) assert.equal(await app.call(call), ALLOWED);
  await page.getByText("What it said").first().click();
  assert.match(await page.locator("pre").first().innerText(), /"username": "admin"/);
});

browserTest("signing in is by code with PKCE, state and nonce, and leaves no code behind", async ({ page, app, requests }) => {
  await page.goto(home);
  await app.signIn("alice");
  const asked = new URL(requests.find((request) => request.url().includes("/oauth2/authorize")).url()).searchParams;
  assert.equal(asked.get("response_type"), "code");
  assert.equal(asked.get("code_challenge_method"), "S256");
  for (const name of ["code_challenge", "state", "nonce"]) assert.match(asked.get(name), /^[\w-]{43}$/);
  assert.equal(page.url(), home);
  assert.deepEqual(await page.evaluate(() => [Object.keys(sessionStorage), Object.keys(localStorage), document.cookie]), [["gatepost.tokens"], [], ""]);
});

browserTest("an answer that this tab has not asked for is refused", async ({ page, app, requests }) => {
  await page.goto(`${home}?code=of-an-attacker&state=of-an-attacker`);
  await app.notice.getByText("belongs to no sign-in of this tab").waitFor();
  assert.equal(page.url(), home);
  assert.deepEqual(requests.filter((request) => TOKEN_REQUEST.test(request.url())), []);
});

browserTest("an answer with another state is refused", async ({ page, app, requests }) => {
  await page.route(/\/oauth2\/authorize\?/, (route) => {
    const url = new URL(route.request().url());
    url.searchParams.set("state", "another");
    return route.continue({ url: url.href });
  });
  await page.goto(home);
  await app.signInButton().click();
  await page.getByRole("button", { name: "Sign in as alice" }).click();
  await app.notice.getByText("Signing in did not work").waitFor();
  assert.deepEqual(requests.filter((request) => TOKEN_REQUEST.test(request.url())), []);
});

browserTest("somebody who thinks better of it is back where they were", async ({ page, app }) => {
  await page.goto(home);
  await app.signInButton().click();
  await page.getByRole("button", { name: "Go back without signing in" }).click();
  await app.notice.getByText("You came back without signing in.").waitFor();
  await app.notice.getByRole("button", { name: "Close" }).click();
  assert.equal(await app.notice.isVisible(), false);
  assert.equal(page.url(), home);
});

browserTest("a token is renewed a minute before its end, and nobody notices", async ({ page, app }) => {
  await page.clock.install();
  await page.goto(home);
  await app.signIn("alice");
  const renewal = page.waitForRequest(TOKEN_REQUEST);
  // The issuer's clock does not jump along: the new token is good from the page's time on.
  await page.clock.fastForward("59:30");
  assert.equal(new URLSearchParams((await renewal).postData()).get("grant_type"), "refresh_token");
  await app.who.getByText(/Token: (59|60) min left/).waitFor();
  assert.equal(await app.call("GET /movies"), ALLOWED);
});

browserTest("a session that was ended elsewhere ends here with its token", async ({ page, app }) => {
  await page.goto(home);
  await app.signIn("alice");
  const body = await page.evaluate(() => new URLSearchParams({ token: JSON.parse(sessionStorage["gatepost.tokens"]).refresh, client_id: "gatepost-web" }).toString());
  const headers = { "Content-Type": "application/x-www-form-urlencoded" };
  assert.equal((await fetch(`${gatepost.issuerUrl}/oauth2/revoke`, { method: "POST", headers, body })).status, 200);
  await page.getByRole("button", { name: "Renew now" }).click();
  await app.notice.getByText("Your session has ended").waitFor();
  assert.match(await app.who.innerText(), /Nobody/);
  assert.match(await app.call("GET /movies"), /^401 /);
});

browserTest("signing out revokes the refresh token and forgets everything", async ({ page, app }) => {
  await page.goto(home);
  await app.signIn("alice");
  const refresh = await page.evaluate(() => JSON.parse(sessionStorage["gatepost.tokens"]).refresh);
  await page.getByRole("button", { name: "Sign out" }).click();
  await app.who.getByText("Nobody").waitFor();
  assert.equal(await page.evaluate(() => sessionStorage.length), 0);
  const form = { grant_type: "refresh_token", refresh_token: refresh, client_id: "gatepost-web" };
  const answer = await fetch(`${gatepost.issuerUrl}/oauth2/token`, { method: "POST", body: new URLSearchParams(form) });
  assert.equal((await answer.json()).error, "invalid_grant");
});

browserTest("a network that fails is said to have failed", async ({ page, app }) => {
  await page.goto(home);
  await app.signIn("alice");
  await page.route(`${gatepost.apiUrl}/**`, (route) => route.abort("internetdisconnected"));
  assert.equal(await app.call("GET /movies"), "No answer The API cannot be reached. Check your connection, and try again.");
  await page.unroute(`${gatepost.apiUrl}/**`);
  assert.equal(await app.call("GET /movies"), ALLOWED);
});

browserTest("a sign-in service that cannot be reached is said to be", async ({ page, app }) => {
  await page.route(`${gatepost.issuerUrl}/**`, (route) => route.abort("connectionrefused"));
  await page.goto(home);
  await app.signInButton().click();
  await app.notice.getByText("The sign-in service cannot be reached.").waitFor();
});

browserTest("keyboard is enough", async ({ page, app }) => {
  await page.goto(home);
  await tabTo(page, app.signInButton());
  await page.keyboard.press("Enter");
  await tabTo(page, page.getByRole("button", { name: "Sign in as alice" }));
  await page.keyboard.press("Enter");
  await app.who.getByText("alice", { exact: true }).waitFor();
  await tabTo(page, app.callButton("GET /movies"));
  await page.keyboard.press("Enter");
  assert.equal(await app.answer("GET /movies"), ALLOWED);
});

for (const colorScheme of ["light", "dark"]) {
  browserTest(
    `a phone shows all of it, ${colorScheme}`,
    async ({ page, app }) => {
      await page.goto(`${home}app/admin/`);
      await app.signIn("carol");
      await app.call("GET /api/admin/users");
      assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 360);
      const background = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
      assert.equal(background, { light: "rgb(250, 247, 242)", dark: "rgb(20, 17, 15)" }[colorScheme]);
    },
    { viewport: { width: 360, height: 740 }, isMobile: true, colorScheme },
  );
}
