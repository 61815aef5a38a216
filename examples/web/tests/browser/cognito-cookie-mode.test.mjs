// Tokens in cookies, from a user pool: cognito-local, of which cognito.mjs says what it lacks. What becomes of
// refresh tokens that are replaced, and the provider's own sign-out, cookie-mode.test.mjs shows with the
// development issuer.

import assert from "node:assert/strict";

import { ALLOWED, CUSTOMERS } from "./rights.mjs";
import { browserTest, cookieCalls, renewAtOnce, startGatepostWithCookies, startUserPool } from "./world.mjs";

const pool = await startUserPool();
const clientId = await pool.addClient();
const { home } = await startGatepostWithCookies({ variables: { GATEPOST_ISSUERS: pool.issuers(clientId) } });
await pool.updateClient(clientId, { CallbackURLs: [`${home}auth/callback`] });

async function signIn({ page, app }, username) {
  await page.goto(home);
  await app.signInButton().click();
  await pool.signIn(page, username);
  await app.who.getByText(username, { exact: true }).waitFor();
}

for (const [username, groups, movies, shows] of CUSTOMERS) {
  browserTest(`${username} of the pool may do by cookie what their groups may`, async ({ page, app }) => {
    await signIn({ page, app }, username);
    assert.deepEqual(await app.who.getByRole("listitem").allInnerTexts(), groups);
    assert.equal(await app.call("GET /movies"), movies);
    assert.equal(await app.call("GET /shows"), shows);
  });
}

browserTest("two tabs that renew the session at once make one exchange at the pool", async ({ context, page, app }) => {
  await signIn({ page, app }, "alice");
  const other = await context.newPage();
  await other.goto(home);
  pool.exchanges.length = 0;
  assert.deepEqual(await renewAtOnce(page, other), [200, 200]);
  assert.deepEqual(pool.exchanges, ["refresh_token"]);
  assert.equal(await app.call("GET /movies"), ALLOWED);
});

browserTest("a session whose token has ended while no page was open is brought back", async ({ context, page, app }) => {
  await pool.updateClient(clientId, { AccessTokenValidity: 3 });
  await signIn({ page, app }, "carol");
  await page.goto("about:blank");
  const call = await cookieCalls(context, home);
  while ((await call("GET", "/auth/me")).status === 200) await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal((await call("GET", "/movies")).status, 401);

  await pool.updateClient(clientId, { AccessTokenValidity: 3_600 });
  pool.exchanges.length = 0;
  await page.goto(home);
  await app.who.getByText("carol", { exact: true }).waitFor();
  assert.equal(await app.call("GET /movies"), ALLOWED);
  assert.deepEqual(pool.exchanges, ["refresh_token"]);
});

browserTest("a session whose user is gone from the pool is over with the second try", async ({ page, app }) => {
  await signIn({ page, app }, "dave");
  await pool.deleteUser("dave");
  await page.getByRole("button", { name: "Renew now" }).click();
  await app.who.getByText("It could not be renewed just now").waitFor();
  await page.getByRole("button", { name: "Renew now" }).click();
  await app.notice.getByText("Your session has ended").waitFor();
  assert.match(await app.who.innerText(), /Nobody/);
});

browserTest("signing out takes the cookies away, and revokes the refresh token", async ({ context, page, app }) => {
  await signIn({ page, app }, "bob");
  const stolen = await cookieCalls(context, home);
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("heading", { name: "You have signed out" }).waitFor();
  assert.deepEqual(await context.cookies([home, `${home}auth/refresh`]), []);
  assert.equal((await stolen("POST", "/auth/refresh")).status, 409);
});

browserTest("an ID token that does not repeat the nonce signs nobody in", async ({ context, page, app }) => {
  pool.repeatsNonce = false;
  await page.goto(home);
  await app.signInButton().click();
  const [answer] = await Promise.all([page.waitForResponse("**/auth/callback?*"), pool.signIn(page, "alice")]);
  pool.repeatsNonce = true;
  assert.equal(answer.status(), 502);
  assert.deepEqual((await context.cookies(home)).map(({ name }) => name), []);
});
