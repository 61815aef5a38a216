// The cookie is the id of a session, whose tokens are in a table: what is different then from cookie-mode.test.mjs.

import assert from "node:assert/strict";

import { ALLOWED, CUSTOMERS } from "./rights.mjs";
import { browserTest, cookieCalls, renewAtOnce, startGatepostWithCookies } from "./world.mjs";

const { home } = await startGatepostWithCookies({ variables: { GATEPOST_TOKEN_SOURCES: "session:__Host-gatepost" } });

for (const [username, , movies, shows] of CUSTOMERS) {
  browserTest(`${username} may do by session what their groups may, and the browser is given no token`, async ({ context, page, app }) => {
    await page.goto(home);
    assert.equal(await app.call("GET /movies"), "401 Unauthorized You have not signed in.");
    await app.signIn(username);
    assert.equal(await app.call("GET /movies"), movies);
    assert.equal(await app.call("GET /shows"), shows);
    const cookies = (await context.cookies()).filter(({ domain, name }) => domain === "127.0.0.1" && name.includes("gatepost"));
    const [session, pages] = cookies.sort((one, other) => one.name.length - other.name.length);
    assert.equal(cookies.length, 2);
    assert.match(session.value, /^[\w-]{43}$/);
    for (const { name, ...attributes } of [session, pages]) {
      assert.match(name, /^__Host-gatepost(-pages)?$/);
      const { path, secure, httpOnly, sameSite, expires } = attributes;
      assert.deepEqual([path, secure, httpOnly, sameSite, expires], ["/", true, true, "Lax", -1]);
    }
  });
}

browserTest("tabs that renew the session at once all go on, with the cookie that they have", async ({ context, page, app, requests }) => {
  await page.goto(home);
  await app.signIn("alice");
  const other = await context.newPage();
  await other.goto(home);
  const before = await context.cookies(home);
  assert.deepEqual(await renewAtOnce(page, other), [200, 200]);
  const session = (cookies) => cookies.find(({ name }) => name === "__Host-gatepost").value;
  assert.equal(session(await context.cookies(home)), session(before));
  requests.length = 0;
  assert.equal(await app.call("GET /movies"), ALLOWED);
  assert.equal(requests.length, 1, "the CSRF token is what it was");
});

browserTest("a forged call with the cookie is refused although a good answer is kept", async ({ context, page, app }) => {
  await page.goto(home);
  await app.signIn("carol");
  const call = await cookieCalls(context, home);
  assert.equal((await call("GET", "/movies")).status, 200);
  for (const csrfToken of [null, "", "guessed"]) assert.equal((await call("GET", "/movies", { csrfToken })).status, 401);
  assert.equal((await call("POST", "/auth/logout", { csrfToken: "guessed" })).status, 401);
  assert.equal((await call("GET", "/movies")).status, 200);
});

browserTest("signing out ends the session for every copy of the cookie, but for answers that are kept", async ({ context, page, app }) => {
  await page.goto(home);
  await app.signIn("bob");
  const copy = await cookieCalls(context, home);
  assert.equal((await copy("GET", "/shows")).status, 200);
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("heading", { name: "You have signed out" }).waitFor();
  assert.deepEqual((await context.cookies(home)).filter(({ name }) => name.includes("gatepost")), []);
  assert.equal((await copy("GET", "/auth/me")).status, 401);
  assert.equal((await copy("POST", "/auth/refresh")).status, 401);
  assert.equal((await copy("GET", "/shows")).status, 200, "kept by API Gateway");
  assert.equal((await copy("GET", "/shows", { more: "; theme=dark" })).status, 401, "not kept");
  await page.getByRole("link", { name: "Back to the start page" }).click();
  assert.equal(await app.call("GET /shows"), "401 Unauthorized You have not signed in.");
});
