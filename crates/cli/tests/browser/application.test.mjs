// An application of another origin that lets people sign in at the issuer.

import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import { after } from "node:test";

import { tabTo } from "./keyboard.mjs";
import { browserTest, gatepost } from "./world.mjs";

const application = createServer((_, response) => response.end("Welcome back"));
application.listen(0, "127.0.0.1");
await once(application, "listening");
after(() => application.close());

const CALLBACK = `http://127.0.0.1:${application.address().port}/callback`;
const VERIFIER = randomBytes(32).toString("base64url");
const STATE = randomBytes(32).toString("base64url");

browserTest("application gets a token for the account that is chosen", async ({ page }) => {
  await page.goto(authorizeUrl());
  await choose(page, "Sign in as carol");
  const answer = await answerTo(page);
  assert.equal(answer.get("state"), STATE);

  const { access_token } = await exchange(answer.get("code"));
  const headers = { Authorization: `Bearer ${access_token}` };
  for (const [path, status] of [
    ["/movies", 200],
    ["/shows", 200],
    ["/api/admin/users", 403],
  ]) {
    const response = await fetch(gatepost.apiUrl + path, { headers });
    assert.equal(response.status, status, path);
  }
});

browserTest("application is told that nobody wanted to sign in", async ({ page }) => {
  await page.goto(authorizeUrl());
  await choose(page, "Go back without signing in");
  const answer = await answerTo(page);
  assert.equal(answer.get("error"), "access_denied");
  assert.equal(answer.get("state"), STATE);
  assert.ok(!answer.has("code"));
});

browserTest("hint of an application chooses for nobody", async ({ page, requests }) => {
  await page.goto(CALLBACK);
  await page.evaluate((url) => location.assign(url), authorizeUrl({ login_hint: "admin" }));
  const first = page.getByRole("listitem").first();
  await first.getByRole("button", { name: "Sign in as admin" }).waitFor();
  assert.ok(!requests.some((request) => request.url().includes("code=")));
});

function authorizeUrl(more = {}) {
  const query = new URLSearchParams({
    response_type: "code",
    client_id: "gatepost-web",
    redirect_uri: CALLBACK,
    state: STATE,
    code_challenge: createHash("sha256").update(VERIFIER).digest("base64url"),
    code_challenge_method: "S256",
    ...more,
  });
  return `${gatepost.issuerUrl}/oauth2/authorize?${query}`;
}

// With the keyboard alone.
async function choose(page, name) {
  await tabTo(page, page.getByRole("button", { name }));
  await page.keyboard.press("Enter");
}

async function answerTo(page) {
  await page.waitForURL((url) => url.href.startsWith(CALLBACK));
  return new URL(page.url()).searchParams;
}

async function exchange(code) {
  const response = await fetch(`${gatepost.issuerUrl}/oauth2/token`, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "authorization_code",
      client_id: "gatepost-web",
      redirect_uri: CALLBACK,
      code,
      code_verifier: VERIFIER,
    }),
  });
  return response.json();
}
