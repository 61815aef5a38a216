// Policies that are saved while somebody is signed in.

import assert from "node:assert/strict";
import { rm, writeFile } from "node:fs/promises";

import { ALLOWED, DENIED, NOT_ALLOWED } from "./start-page.mjs";
import { browserTest, gatepost } from "./world.mjs";

const MOVIES = ["GET", "/movies"];
const SHOWS = ["GET", "/shows"];
const ADMINISTRATION = ["GET", "/api/admin/{proxy+}"];

browserTest("saved policy counts from the next call on", async ({ start }) => {
  await start.signIn("alice");
  assert.equal(await start.call(...SHOWS), NOT_ALLOWED);

  const allowed = statement("Allow", "GET/movies", "GET/shows");
  await saveGood("movies-group", allowed);
  assert.equal(await start.call(...SHOWS), ALLOWED);

  await saveGood("movies-group", allowed, statement("Deny", "GET/movies"));
  assert.equal(await start.call(...MOVIES), DENIED);
  assert.equal(await start.call(...SHOWS), ALLOWED);
});

browserTest("broken file changes nothing until it is mended", async ({ start }) => {
  await start.signIn("bob");
  assert.equal(await start.call(...SHOWS), ALLOWED);

  const fault = gatepost.nextLine(/^fault +.*shows-group\.json:\d+:\d+: `\/Statement\/0\/Effect` /);
  await save("shows-group", statement("Alow", "GET/movies"));
  await fault;
  assert.equal(await start.call(...SHOWS), ALLOWED);
  assert.equal(await start.call(...MOVIES), NOT_ALLOWED);

  await saveGood("shows-group", statement("Allow", "GET/movies"));
  assert.equal(await start.call(...SHOWS), NOT_ALLOWED);
  assert.equal(await start.call(...MOVIES), ALLOWED);
});

browserTest("removed file takes its rights with it", async ({ start }) => {
  await start.signIn("admin");
  assert.equal(await start.call(...ADMINISTRATION), ALLOWED);

  const removed = gatepost.nextLine(/^removed +group:admin-group: in force now$/);
  await rm(gatepost.policyFile("admin-group"));
  await removed;
  assert.equal(await start.call(...ADMINISTRATION), DENIED);
});

const statement = (Effect, ...Resource) => ({ Effect, Action: "execute-api:Invoke", Resource });

async function saveGood(group, ...statements) {
  const changed = gatepost.nextLine(new RegExp(`^changed +group:${group}: in force now$`));
  await save(group, ...statements);
  await changed;
}

function save(group, ...Statement) {
  const document = { Version: "2012-10-17", Statement };
  return writeFile(gatepost.policyFile(group), JSON.stringify(document, null, 2));
}
