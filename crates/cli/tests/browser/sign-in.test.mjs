// Signing in on the start page, and what the API then answers to it.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";

import { tabTo } from "./keyboard.mjs";
import {
  ALLOWED,
  DENIED,
  NOT_ACCEPTED,
  NOT_ALLOWED,
  NOT_SIGNED_IN,
  PUBLIC,
} from "./start-page.mjs";
import { browserTest, gatepost } from "./world.mjs";

const START = `${gatepost.issuerUrl}/`;

// Addresses of the sign-in.
const AUTHORIZE = /\/oauth2\/authorize\?/;
const ANSWER = /\/\?code=/;
const TOKEN = /\/oauth2\/token$/;

const MOVIES = ["GET", "/movies"];
const SHOWS = ["GET", "/shows"];
const PROFILE = ["GET", "/api/{proxy+}", "/api/profile"];
const ADMINISTRATION = ["GET", "/api/admin/{proxy+}", "/api/admin/users"];

const METHODS = [MOVIES, SHOWS, PROFILE, ADMINISTRATION];
const ACCOUNTS = [
  ["alice", "movies-group", [ALLOWED, NOT_ALLOWED, ALLOWED, NOT_ALLOWED]],
  ["bob", "shows-group", [NOT_ALLOWED, ALLOWED, ALLOWED, NOT_ALLOWED]],
  ["carol", "movies-group and shows-group", [ALLOWED, ALLOWED, ALLOWED, NOT_ALLOWED]],
  ["admin", "admin-group", [ALLOWED, ALLOWED, ALLOWED, ALLOWED]],
  ["dave", "no group", [DENIED, DENIED, DENIED, DENIED]],
];

for (const [username, groups, outcomes] of ACCOUNTS) {
  browserTest(`${username} may call what ${groups} may`, async ({ start }) => {
    const identity = await start.signIn(username);
    assert.equal(identity, `You are ${username} (${username}@example.com), in ${groups}.`);
    const got = [];
    for (const method of METHODS) got.push(await start.call(...method));
    assert.deepEqual(got, outcomes);
  });
}

browserTest("sign-in is an authorization-code flow with PKCE and state", async (world) => {
  const first = await signInOnRecord(world, "alice");
  assert.equal(first.asked.get("response_type"), "code");
  assert.equal(first.asked.get("code_challenge_method"), "S256");
  assert.equal(first.asked.get("code_challenge"), sha256(first.exchanged.get("code_verifier")));
  // 256 random bits in base64url.
  assert.match(first.asked.get("state"), /^[\w-]{43}$/);
  assert.equal(first.answered.get("state"), first.asked.get("state"));
  assert.equal(first.exchanged.get("code"), first.answered.get("code"));

  const second = await signInOnRecord(world, "bob");
  for (const name of ["state", "nonce", "code_challenge"]) {
    assert.notEqual(second.asked.get(name), first.asked.get(name), name);
  }
});

browserTest("no code stays in the address or in the history", async ({ page, start }) => {
  await start.signIn("alice");
  await start.call(...MOVIES);
  assert.equal(page.url(), START);
  const devTools = await page.context().newCDPSession(page);
  const { entries } = await devTools.send("Page.getNavigationHistory");
  const visited = entries.flatMap(({ url, userTypedURL }) => [url, userTypedURL]);
  assert.ok(visited.includes(START));
  assert.deepEqual(
    visited.filter((address) => address.includes("code=")),
    [],
  );
});

browserTest("answer with another state is refused", async ({ page, start, requests }) => {
  // The issuer gives back the state it was sent: the code is good and of this very sign-in.
  await page.route(AUTHORIZE, (route) => {
    const url = new URL(route.request().url());
    url.searchParams.set("state", "another");
    return route.continue({ url: url.href });
  });
  await start.accountButton("alice").click();
  await assertRefused({ page, start, requests });
  assert.equal(queryOf(only(requests, ANSWER)).get("state"), "another");
});

browserTest("answer that nobody asked for is refused", async ({ page, start, requests }) => {
  await page.goto(`${START}?code=of-an-attacker&state=of-an-attacker`);
  await assertRefused({ page, start, requests });
});

browserTest("after signing out, calls get 401", async ({ page, start }) => {
  const tokens = nextTokens(page);
  await start.signIn("alice");
  assert.equal(await start.call(...MOVIES), ALLOWED);
  await start.signOutButton.click();
  await start.signOutButton.waitFor({ state: "hidden" });
  await page.waitForURL(START);
  assert.equal(await start.call(...MOVIES), NOT_SIGNED_IN);
  assert.equal(await page.evaluate(() => sessionStorage.length), 0);

  const { refresh_token } = await tokens;
  const form = { grant_type: "refresh_token", refresh_token, client_id: "gatepost-web" };
  const body = new URLSearchParams(form);
  const answer = await fetch(`${START}oauth2/token`, { method: "POST", body });
  assert.deepEqual([answer.status, (await answer.json()).error], [400, "invalid_grant"]);
});

browserTest("only the access token is good for a call", async ({ start }) => {
  await start.signIn("alice");
  for (const [credential, outcome] of [
    ["a forged token: another group written into it", NOT_ACCEPTED],
    ["the ID token, which is not for APIs", NOT_ACCEPTED],
    ["no token", NOT_SIGNED_IN],
    ["the access token", ALLOWED],
  ]) {
    await start.send(credential);
    assert.equal(await start.call(...MOVIES), outcome, credential);
  }
});

browserTest("public method asks nobody, whatever is sent", async ({ start }) => {
  await start.signIn("alice");
  for (const credential of ["access", "forged", "none"]) {
    await start.send(credential);
    assert.equal(await start.call("GET", "/health"), PUBLIC, credential);
  }
});

browserTest("answers to another token are taken away", async ({ start }) => {
  await start.signIn("alice");
  assert.equal(await start.call(...MOVIES), ALLOWED);
  assert.equal(await start.answers(), 1);
  await start.send("forged");
  assert.equal(await start.answers(), 0);
});

browserTest("renewed token takes the place of the old one", async ({ page, start, requests }) => {
  const [old] = await Promise.all([nextTokens(page), start.signIn("alice")]);
  const [renewed] = await Promise.all([nextTokens(page), start.renewButton.click()]);
  assert.notEqual(renewed.access_token, old.access_token);
  assert.equal(await start.call(...MOVIES), ALLOWED);
  assert.equal(requests.at(-1).headers().authorization, `Bearer ${renewed.access_token}`);
});

browserTest("page works under the name localhost too", async ({ page, start }) => {
  const address = START.replace("127.0.0.1", "localhost");
  await page.goto(address);
  await start.signIn("alice");
  assert.equal(page.url(), address);
  assert.equal(await start.call(...MOVIES), ALLOWED);
});

browserTest("keyboard is enough", async ({ page, start }) => {
  await tabTo(page, start.accountButton("alice"));
  await page.keyboard.press("Enter");
  await start.identity("alice");
  assert.equal(await start.accountButton("alice").getAttribute("aria-current"), "true");
  await tabTo(page, start.callButton(...SHOWS));
  await page.keyboard.press("Enter");
  assert.equal(await start.outcome(...SHOWS), NOT_ALLOWED);
});

browserTest("page cannot be made to send anything elsewhere", async ({ page, complaints }) => {
  const complaint = page.waitForEvent("console");
  const sending = page.evaluate(() => fetch("http://127.0.0.2/").then(() => "sent"));
  await assert.rejects(sending, /Failed to fetch/);
  assert.match((await complaint).text(), /violates .*Content Security Policy.* "connect-src /);
  complaints.length = 0;
});

// Signs in, and returns the parameters of the three requests that it takes.
async function signInOnRecord({ start, requests }, username) {
  const before = requests.length;
  await start.signIn(username);
  const sent = requests.slice(before);
  return {
    asked: queryOf(only(sent, AUTHORIZE)),
    answered: queryOf(only(sent, ANSWER)),
    exchanged: new URLSearchParams(only(sent, TOKEN).postData()),
  };
}

async function assertRefused({ page, start, requests }) {
  await start.notice.waitFor();
  assert.match(await start.notice.innerText(), /belongs to no sign-in/);
  assert.equal(page.url(), START);
  assert.deepEqual(
    requests.filter((request) => TOKEN.test(request.url())),
    [],
  );
  assert.equal(await start.call(...MOVIES), NOT_SIGNED_IN);
}

async function nextTokens(page) {
  return (await page.waitForResponse(TOKEN)).json();
}

function only(requests, address) {
  const found = requests.filter((request) => address.test(request.url()));
  assert.equal(found.length, 1, `${found.length} requests to ${address}`);
  return found[0];
}

const queryOf = (request) => new URL(request.url()).searchParams;

const sha256 = (text) => createHash("sha256").update(text).digest("base64url");
