// Tokens in cookies: the app as it is built, the session function, and the real authorizer behind one origin.

import assert from "node:assert/strict";

import { ALLOWED, EVERYBODY } from "./rights.mjs";
import { browserTest, cookieCalls, renewAtOnce, startGatepostWithCookies } from "./world.mjs";

const { gatepost, home } = await startGatepostWithCookies({ variables: { GATEPOST_REVOCATION: "on" } });

const JWT = /eyJ[\w-]+\.[\w-]/;

for (const [username, , movies, shows] of EVERYBODY) {
  browserTest(`${username} may do by cookie what their groups may`, async ({ page, app }) => {
    await page.goto(home);
    assert.equal(await app.call("GET /movies"), "401 Unauthorized You have not signed in.");
    await app.signIn(username);
    assert.match(await app.who.innerText(), /Token: (59|60) min left/);
    assert.equal(await app.call("GET /movies"), movies);
    assert.equal(await app.call("GET /shows"), shows);
  });
}

browserTest("cookies are set as they are documented", async ({ context, page, app }) => {
  await page.goto(home);
  await app.signIn("alice");
  const cookies = (await context.cookies(home)).filter(({ name }) => name.includes("gatepost"));
  const attributes = cookies.map(({ name, domain, path, secure, httpOnly, sameSite, expires }) => {
    assert.deepEqual([domain, secure, httpOnly, expires], ["127.0.0.1", true, true, -1], name);
    return `${name} ${path} ${sameSite}`;
  });
  assert.deepEqual(attributes.sort(), ["__Host-gatepost / Lax", "__Host-gatepost-pages / Lax"]);
  const [refresh] = (await context.cookies(`${home}auth/refresh`)).filter(({ name }) => name === "__Secure-gatepost-refresh");
  assert.deepEqual([refresh.path, refresh.secure, refresh.httpOnly, refresh.sameSite], ["/auth", true, true, "Strict"]);
});

browserTest("no script gets to read a token, whatever it looks at and whomever it asks", async ({ context, page, app, requests }) => {
  await page.goto(home);
  await app.signIn("alice");
  assert.equal(await app.call("GET /movies"), ALLOWED);
  const ours = async () => (await context.cookies([home, `${home}auth/refresh`])).filter(({ name }) => name.includes("gatepost"));
  const before = await ours();
  const readable = await page.evaluate(async () => {
    const { csrf_token: csrfToken } = await (await fetch("/auth/me")).json();
    const headers = { "X-CSRF-Token": csrfToken };
    const asked = [
      ["/auth/me"], ["/auth/login", { redirect: "manual" }], ["/auth/refresh", { method: "POST", headers }], ["/auth/logout"], ["/auth/callback"],
      ["/movies", { headers }], ["/shows", { headers }], ["/api/profile", { headers }], ["/"],
    ];
    const answers = [];
    for (const [path, options] of asked) {
      const answer = await fetch(path, options);
      answers.push(path, answer.url, JSON.stringify([...answer.headers]), await answer.text());
    }
    const databases = await indexedDB.databases();
    return [
      document.cookie, document.documentElement.outerHTML, JSON.stringify([sessionStorage, localStorage, databases, history.state]), location.href,
      document.referrer, window.name, JSON.stringify(performance.getEntries()), JSON.stringify(await caches.keys()), ...answers,
    ];
  });
  const now = await ours();
  assert.deepEqual(now.map(({ name }) => name).sort(), ["__Host-gatepost", "__Host-gatepost-login", "__Host-gatepost-pages", "__Secure-gatepost-refresh"]);
  for (const text of readable) {
    assert.doesNotMatch(text, JWT);
    for (const { name, value } of [...before, ...now]) assert.ok(!text.includes(value), name);
  }
  assert.equal(readable[0], "");
  // Nor does any script of the app's send one.
  for (const request of requests) assert.equal(request.headers().authorization, undefined);
});

browserTest("somebody who goes back without signing in is told so, and has no cookie", async ({ context, page, app }) => {
  await page.goto(home);
  await app.signInButton().click();
  await page.getByRole("button", { name: "Go back without signing in" }).click();
  await page.waitForURL(/\/auth\/callback\?/);
  assert.match(await page.locator("main, body").first().innerText(), /without signing in|went back/i);
  assert.deepEqual((await context.cookies(home)).filter(({ name }) => name.includes("gatepost")), []);
});

browserTest("the cookie is renewed before its end, and calls go on", async ({ page, app, requests }) => {
  await page.clock.install();
  await page.goto(home);
  await app.signIn("alice");
  await Promise.all([page.waitForResponse("**/auth/refresh"), page.clock.fastForward("59:30")]);
  assert.equal(await app.call("GET /movies"), ALLOWED);
  assert.equal(await app.notice.isVisible(), false);
  assert.equal(requests.filter((request) => request.url().endsWith("/auth/refresh")).length, 1);
});

browserTest("a tab goes on after another has renewed the session, asking once for what has changed", async ({ context, page, app, requests }) => {
  await page.goto(home);
  await app.signIn("alice");
  const other = await context.newPage();
  await other.goto(home);
  await Promise.all([other.waitForResponse("**/auth/refresh"), other.getByRole("button", { name: "Renew now" }).click()]);
  requests.length = 0;
  assert.equal(await app.call("GET /movies"), ALLOWED);
  assert.deepEqual(requests.map((request) => new URL(request.url()).pathname), ["/movies", "/auth/me", "/movies"]);
});

browserTest("two tabs that renew the session at once both go on", async ({ context, page, app }) => {
  await page.goto(home);
  await app.signIn("alice");
  const other = await context.newPage();
  await other.goto(home);
  const statuses = await renewAtOnce(page, other);
  assert.deepEqual(statuses, [200, 200]);
  // The development issuer ends a session whose old refresh token turns up again: this one has not ended.
  for (const tab of [page, other]) {
    const [answer] = await Promise.all([tab.waitForResponse("**/auth/refresh"), tab.getByRole("button", { name: "Renew now" }).click()]);
    assert.equal(answer.status(), 200);
  }
  assert.equal(await app.call("GET /movies"), ALLOWED);
});

browserTest("signing out takes the cookies away, and ends the session at the provider", async ({ context, page, app, requests }) => {
  await page.goto(home);
  await app.signIn("alice");
  assert.equal(await app.call("GET /movies"), ALLOWED);
  const stolen = await cookieCalls(context, home);
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("heading", { name: "You have signed out" }).waitFor();
  assert.ok(requests.some((request) => request.url().startsWith(`${gatepost.issuerUrl}/logout?`)));
  assert.deepEqual(await context.cookies([home, `${home}auth/refresh`]), []);

  await page.getByRole("link", { name: "Back to the start page" }).click();
  await app.who.getByText("Nobody").waitFor();
  assert.equal(await app.call("GET /movies"), "401 Unauthorized You have not signed in.");
  // Whoever has copied the cookies before cannot get new ones for them.
  const renewal = await stolen("POST", "/auth/refresh");
  assert.deepEqual([renewal.status, renewal.headers.getSetCookie()], [409, []]);
  assert.equal((await stolen("POST", "/auth/refresh")).status, 401);
});

browserTest("a link to sign out asks first, and needs no script", async ({ context, page, app }) => {
  await page.goto(home);
  await app.signIn("carol");
  await page.goto(`${home}auth/logout`);
  assert.equal(await page.evaluate(() => getComputedStyle(document.body).display), "grid", "its style is allowed");
  assert.ok((await context.cookies(home)).some(({ name }) => name === "__Host-gatepost"));
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("heading", { name: "You have signed out" }).waitFor();
  assert.deepEqual(await context.cookies([home, `${home}auth/refresh`]), []);
});

browserTest("who has signed out in another tab already is led to the start page", async ({ context, page, app }) => {
  await page.goto(home);
  await app.signIn("carol");
  const other = await context.newPage();
  await other.goto(home);
  await other.getByRole("button", { name: "Sign out" }).click();
  await other.getByRole("heading", { name: "You have signed out" }).waitFor();
  await page.getByRole("button", { name: "Sign out" }).click();
  await app.who.getByText("Nobody").waitFor();
  assert.equal(page.url(), home);
});

// Played: the session function cannot be made to say this here.
browserTest("a session that could not be ended is said to go on", async ({ page, app }) => {
  await page.goto(home);
  await app.signIn("carol");
  const message = "You are signed out here, but your session could not be ended everywhere.";
  await page.route("**/auth/logout", (route) => route.fulfill({ status: 503, json: { error: "not_signed_out", message } }));
  await page.getByRole("button", { name: "Sign out" }).click();
  await app.notice.getByText(message).waitFor();
});

browserTest("a session whose cookies are gone is over, and is not asked for again and again", async ({ context, page, app, requests }) => {
  await page.goto(home);
  await app.signIn("alice");
  await context.clearCookies();
  requests.length = 0;
  assert.match(await app.call("GET /movies"), /^401 /);
  assert.deepEqual(requests.map((request) => new URL(request.url()).pathname), ["/movies", "/auth/me"]);
});

browserTest("who is revoked gets in until the kept answer ends, and not with a new cookie", async ({ page, app }) => {
  await page.goto(home);
  await app.signIn("bob");
  assert.equal(await app.call("GET /shows"), ALLOWED);
  const { principalId } = JSON.parse(await app.body("GET /shows")).authorizer;
  await gatepost.run("revoke", `user:${principalId}`);
  assert.equal(await app.call("GET /shows"), ALLOWED, "kept by API Gateway");
  await Promise.all([page.waitForResponse("**/auth/refresh"), page.getByRole("button", { name: "Renew now" }).click()]);
  assert.match(await app.call("GET /shows"), /^401 Unauthorized The API did not accept your token/);
});

browserTest("a session function that cannot be reached is said not to be, and nobody is signed out", async ({ page, app }) => {
  await page.goto(home);
  await app.signIn("carol");
  await page.route("**/auth/*", (route) => route.abort("connectionrefused"));
  await page.getByRole("button", { name: "Renew now" }).click();
  await app.who.getByText("It could not be renewed just now").waitFor();
  assert.equal(await app.call("GET /movies"), ALLOWED);
});
