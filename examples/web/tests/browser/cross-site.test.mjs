// Calls that other pages forge in the name of somebody who has signed in by cookie. API Gateway keeps the answer
// of a good call all along: one that it gave to a forged call as well would reach the back end, which is a
// server of the test and counts.

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { after } from "node:test";

import { browserTest, cookieCalls, startGatepostWithCookies } from "./world.mjs";

const reached = [];
const backEnd = await listen((request, response) => {
  reached.push(`${request.method} ${request.url} ${request.headers.origin ?? ""}`.trim());
  response.setHeader("Content-Type", "application/json").end("{}");
});
// Another site and another port of the same host: to a browser, what cookies are for is the host, and sites
// are told apart without ports.
const otherSite = await listen(blankPage);
const otherPort = await listen(blankPage);
const { gatepost, home } = await startGatepostWithCookies({ options: ["--backend", `http://127.0.0.1:${backEnd}`] });

const OTHER_SITE = `http://localhost:${otherSite}/`;
const OTHER_PORT = `http://127.0.0.1:${otherPort}/`;

function blankPage(_request, response) {
  response.setHeader("Content-Type", "text/html").end("<!doctype html><title>Elsewhere</title>");
}

async function listen(answer) {
  const server = createServer(answer).listen(0, "127.0.0.1");
  await once(server, "listening");
  after(() => {
    server.closeAllConnections();
    server.close();
  });
  return server.address().port;
}

// Somebody who may do everything, and has just done what will be tried in their name.
async function victim({ page, app }) {
  await page.goto(home);
  await app.signIn("admin");
  await page.getByRole("link", { name: "Administration" }).click();
  assert.equal(await app.call("POST /movies"), "200 OK Allowed.");
  assert.equal(await app.call("DELETE /shows/7"), "200 OK Allowed.");
  assert.equal(await app.call("GET /api/admin/users"), "200 OK Allowed.");
  reached.length = 0;
}

// That the good answers are still kept, and that the victim has not lost anything.
async function stillGood({ page, app }) {
  assert.deepEqual(reached, []);
  await page.bringToFront();
  const kept = gatepost.nextLine(/^\S*200.*POST\s+\/movies.*from the cache/);
  assert.equal(await app.call("POST /movies"), "200 OK Allowed.");
  await kept;
  assert.equal(reached.length, 1);
}

// Submits a form of the page, and returns the status of what comes of it and whether the cookie went along.
async function submitForm(page, address, { method = "POST", fields = {} } = {}) {
  const [answer] = await Promise.all([
    page.waitForResponse((response) => response.url().startsWith(address)),
    page.waitForURL((url) => url.href.startsWith(address)),
    page.evaluate(({ address, method, fields }) => {
      const form = Object.assign(document.createElement("form"), { method, action: address });
      for (const [name, value] of Object.entries(fields)) form.append(Object.assign(document.createElement("input"), { name, value }));
      document.body.append(form);
      form.submit();
    }, { address, method, fields }),
  ]);
  const { cookie = "" } = await answer.request().allHeaders();
  return { status: answer.status(), hasCookie: cookie.includes("__Host-gatepost=") };
}

// Calls by script, and returns what the script gets to see: a status, an opaque answer, or a failure.
function callByScript(page, address, options) {
  return page.evaluate(
    ({ address, options }) => fetch(address, { credentials: "include", ...options }).then((answer) => answer.type, () => "failed"),
    { address, options },
  );
}

browserTest("a form of another site is sent without the cookie, and does nothing", async ({ context, page, app }) => {
  await victim({ page, app });
  const elsewhere = await context.newPage();
  await elsewhere.goto(OTHER_SITE);
  assert.deepEqual(await submitForm(elsewhere, `${home}movies`), { status: 401, hasCookie: false });
  await stillGood({ page, app });
});

browserTest("a script of another site can call nothing, whichever way it tries", async ({ context, page, app }) => {
  await victim({ page, app });
  const elsewhere = await context.newPage();
  await elsewhere.goto(OTHER_SITE);
  for (const [options, want] of [
    [{ method: "POST", mode: "no-cors" }, "opaque"],
    [{ method: "POST", mode: "no-cors", headers: { "X-CSRF-Token": "guessed" } }, "opaque"],
    [{ method: "POST", headers: { "X-CSRF-Token": "guessed" } }, "failed"],
    [{ method: "DELETE" }, "failed"],
  ]) {
    assert.equal(await callByScript(elsewhere, `${home}movies`, options), want, JSON.stringify(options));
  }
  await stillGood({ page, app });
});

browserTest("a link of another site brings the cookie along, and is refused for lack of the CSRF token", async ({ context, page, app }) => {
  await victim({ page, app });
  const elsewhere = await context.newPage();
  await elsewhere.goto(OTHER_SITE);
  const address = `${home}api/admin/users`;
  assert.deepEqual(await submitForm(elsewhere, address, { method: "GET" }), { status: 401, hasCookie: true });
  await stillGood({ page, app });
});

browserTest("a page of another port of the host has the browser send the cookie, and is refused all the same", async ({ context, page, app }) => {
  await victim({ page, app });
  const elsewhere = await context.newPage();
  await elsewhere.goto(OTHER_PORT);
  assert.equal(await callByScript(elsewhere, `${home}movies`, { method: "POST", mode: "no-cors" }), "opaque");
  assert.equal(await callByScript(elsewhere, `${home}movies`, { method: "POST", headers: { "X-CSRF-Token": "guessed" } }), "failed");
  assert.deepEqual(await submitForm(elsewhere, `${home}movies`), { status: 401, hasCookie: true });
  await stillGood({ page, app });
});

browserTest("the cookie without its CSRF token, or with another one, is refused although its answer is kept", async ({ context, page, app }) => {
  await victim({ page, app });
  const call = await cookieCalls(context, home);
  const calls = [["POST", "/movies"], ["DELETE", "/shows/7"], ["GET", "/api/admin/users"]];
  for (const [method, path] of calls) assert.equal((await call(method, path)).status, 200);
  assert.equal(reached.length, 3);
  reached.length = 0;
  for (const csrfToken of [null, "", "guessed", "A".repeat(43)]) {
    for (const [method, path] of calls) {
      assert.equal((await call(method, path, { csrfToken })).status, 401, `${method} ${path} ${csrfToken}`);
    }
  }
  await stillGood({ page, app });
});

browserTest("nobody is signed out, or signed in, by a page that is not of the app", async ({ context, page, app }) => {
  await victim({ page, app });
  const elsewhere = await context.newPage();
  await elsewhere.goto(OTHER_PORT);
  assert.equal((await submitForm(elsewhere, `${home}auth/logout`, { fields: { csrf_token: "guessed" } })).status, 401);
  await elsewhere.goto(OTHER_PORT);
  assert.equal((await submitForm(elsewhere, `${home}auth/refresh`)).status, 401);
  await elsewhere.goto(`${home}auth/logout`);
  await elsewhere.getByRole("button").waitFor();
  // The answer to a sign-in that somebody else has begun, to have the victim act as that somebody.
  await elsewhere.goto(OTHER_SITE);
  const answer = await submitForm(elsewhere, `${home}auth/callback`, { method: "GET", fields: { code: "of-an-attacker", state: "of-an-attacker" } });
  assert.equal(answer.status, 400);
  await stillGood({ page, app });
});
