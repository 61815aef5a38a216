// Tokens in cookies: what the app asks of the session function and the API, which are played by the test.

import assert from "node:assert/strict";

import { browserTest, serve } from "./world.mjs";

const home = await serve({ VITE_GATEPOST_MODE: "cookie", VITE_GATEPOST_API: "", VITE_GATEPOST_ISSUER: "" });

const ALICE = { signed_in: true, sub: "s-1", username: "alice", groups: ["movies-group"] };
const HOUR = 3_600;

// Plays `/auth/*` and the API: each answers what `world` says, and what was asked is written down.
async function play(page, world) {
  const asked = [];
  const json = (status, body) => ({ status, contentType: "application/json", body: JSON.stringify(body) });
  await page.route(/:\d+\/(auth|movies|shows|api)(\/|$)/, async (route) => {
    const request = route.request();
    const path = new URL(request.url()).pathname;
    if (/\.(js|css|svg)$/.test(path)) return route.continue();
    const csrf = request.headers()["x-csrf-token"];
    asked.push([`${request.method()} ${path}`, csrf].filter(Boolean).join(" "));
    assert.equal(request.headers().authorization, undefined);
    const isRight = csrf === world.csrf;
    if (path === "/auth/me") return route.fulfill(world.csrf ? json(200, me(world)) : json(401, { signed_in: false }));
    if (!isRight || !world.csrf) return route.fulfill(json(401, { message: "Unauthorized" }));
    if (path === "/auth/refresh") {
      // Two hours from now, for the page's clock may be an hour ahead.
      Object.assign(world, { csrf: "csrf-renewed", lasts: 2 * HOUR });
      return route.fulfill(json(200, me(world)));
    }
    if (path === "/auth/logout") return route.fulfill(json(200, { location: "/signed-out.html" }));
    return route.fulfill(json(200, { path }));
  });
  return asked;
}

const me = ({ csrf, lasts = HOUR }) => ({ ...ALICE, expires_at: Math.floor(Date.now() / 1_000) + lasts, csrf_token: csrf });

browserTest("calls go with the CSRF token, and there is no other in the page", async ({ page, app }) => {
  const asked = await play(page, { csrf: "csrf-1" });
  await page.goto(home);
  await app.who.getByText("alice", { exact: true }).waitFor();
  assert.equal(await app.call("GET /movies"), "200 OK Allowed.");
  assert.deepEqual(asked, ["GET /auth/me", "GET /movies csrf-1"]);
  assert.deepEqual(await page.evaluate(() => [sessionStorage.length, localStorage.length, document.cookie]), [0, 0, ""]);
});

browserTest("nobody signs in at /auth/login, and comes back to the page", async ({ page, app }) => {
  await play(page, {});
  await page.route("**/auth/login?*", (route) => route.fulfill({ body: "the provider" }));
  await page.goto(`${home}app/movies/`);
  assert.match(await app.call("GET /movies"), /^401 Unauthorized You have not signed in\.$/);
  await app.signInButton().click();
  await page.waitForURL((url) => url.pathname === "/auth/login");
  assert.equal(new URL(page.url()).searchParams.get("next"), "/app/movies/");
});

browserTest("a call that is refused asks for the CSRF token once, and tries again", async ({ page, app }) => {
  const world = { csrf: "csrf-1" };
  const asked = await play(page, world);
  await page.goto(home);
  await app.who.getByText("alice", { exact: true }).waitFor();
  world.csrf = "csrf-of-another-tab";
  assert.equal(await app.call("GET /movies"), "200 OK Allowed.");
  assert.deepEqual(asked.slice(1), ["GET /movies csrf-1", "GET /auth/me", "GET /movies csrf-of-another-tab"]);
});

browserTest("a session that is over is over, and is not asked for again and again", async ({ page, app }) => {
  const world = { csrf: "csrf-1" };
  const asked = await play(page, world);
  await page.goto(home);
  await app.who.getByText("alice", { exact: true }).waitFor();
  delete world.csrf;
  assert.match(await app.call("GET /movies"), /^401 /);
  assert.deepEqual(asked.slice(1), ["GET /movies csrf-1", "GET /auth/me"]);
});

browserTest("the cookie is renewed before it ends, and calls go on", async ({ page, app }) => {
  await page.clock.install();
  const asked = await play(page, { csrf: "csrf-1" });
  await page.goto(home);
  await app.who.getByText("alice", { exact: true }).waitFor();
  await Promise.all([page.waitForResponse("**/auth/refresh"), page.clock.fastForward("59:30")]);
  await app.who.getByText(/min left/).waitFor();
  assert.equal(await app.call("GET /movies"), "200 OK Allowed.");
  assert.deepEqual(asked, ["GET /auth/me", "POST /auth/refresh csrf-1", "GET /movies csrf-renewed"]);
});

browserTest("signing out goes where the session function says", async ({ page, app }) => {
  const asked = await play(page, { csrf: "csrf-1" });
  await page.goto(home);
  await app.who.getByText("alice", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("heading", { name: "You have signed out" }).waitFor();
  assert.deepEqual(asked.slice(1), ["POST /auth/logout csrf-1"]);
});
