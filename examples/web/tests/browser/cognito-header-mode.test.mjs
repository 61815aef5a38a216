// Tokens in the tab, from a user pool: cognito-local, of which cognito.mjs says what it lacks. That a refresh
// token is replaced, and that signing out ends the provider's own session, header-mode.test.mjs shows with the
// development issuer.

import assert from "node:assert/strict";

import { ALLOWED, CUSTOMERS } from "./rights.mjs";
import { browserTest, serveHeaderApp, startGatepost, startUserPool } from "./world.mjs";

const pool = await startUserPool();
const clientId = await pool.addClient();
const gatepost = await startGatepost({ variables: { GATEPOST_ISSUERS: pool.issuers(clientId) } });
const home = await serveHeaderApp({ api: gatepost.apiUrl, issuer: pool.issuer, clientId });
await pool.updateClient(clientId, { CallbackURLs: [home] });

async function signIn({ page, app }, username) {
  await app.signInButton().click();
  await pool.signIn(page, username);
  await app.who.getByText(username, { exact: true }).waitFor();
}

for (const [username, groups, movies, shows] of CUSTOMERS) {
  browserTest(`${username} of the pool sees who they are and what they may do`, async ({ page, app }) => {
    await page.goto(home);
    assert.equal(await app.call("GET /movies"), "401 Unauthorized You have not signed in.");
    await signIn({ page, app }, username);
    assert.deepEqual(await app.who.getByRole("listitem").allInnerTexts(), groups);
    assert.equal(await app.call("GET /movies"), movies);
    assert.equal(await app.call("GET /shows"), shows);
  });
}

browserTest("a token of the pool is renewed, and ends with its sign-out", async ({ page, app }) => {
  await page.goto(home);
  await signIn({ page, app }, "alice");
  const read = () => page.evaluate(() => JSON.parse(sessionStorage["gatepost.tokens"]));
  const before = await read();
  await Promise.all([page.waitForResponse(/\/oauth2\/token$/), page.getByRole("button", { name: "Renew now" }).click()]);
  assert.equal(await app.call("GET /movies"), ALLOWED);
  const after = await read();
  assert.notEqual(after.access, before.access);
  assert.equal(after.refresh, before.refresh, "the pool does not replace it");

  await page.getByRole("button", { name: "Sign out" }).click();
  await app.who.getByText("Nobody").waitFor();
  assert.equal(await page.evaluate(() => sessionStorage.length), 0);
  const form = { grant_type: "refresh_token", refresh_token: after.refresh, client_id: clientId };
  const answer = await fetch(new URL("/oauth2/token", pool.issuer), { method: "POST", body: new URLSearchParams(form) });
  assert.equal((await answer.json()).error, "invalid_grant");
});
