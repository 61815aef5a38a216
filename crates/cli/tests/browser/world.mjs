// One gatepost and one browser for a test file (`node --test` runs each file in a process of its
// own), and a kind of test that watches what the page does besides.

import assert from "node:assert/strict";
import { after, test } from "node:test";

import { chromium } from "playwright-core";

import { Gatepost } from "./gatepost.mjs";
import { StartPage } from "./start-page.mjs";

// Chromium itself is to stay off the network. The sandbox needs what containers do not have.
const ARGUMENTS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

// How Chromium reports calls that are refused: these tests provoke them on purpose.
const REFUSED_CALL = /^Failed to load resource: the server responded with a status of 40[13] /;

// The base64url of `{"`, with which every JWT begins, and its next part: without that, random text may look so.
const TOKEN = /eyJ[\w-]+\.[\w-]/;

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM_BIN ?? "/usr/bin/chromium",
  args: ARGUMENTS,
});

export const gatepost = await Gatepost.start();

// Ctrl-C ends gatepost although a browser holds connections open, and nothing that it has said
// until then holds a token.
after(async () => {
  const page = await browser.newPage();
  await page.goto(gatepost.issuerUrl);
  const status = await gatepost.stop();
  await browser.close();
  assert.equal(status, 0);
  assert.doesNotMatch(gatepost.output(), TOKEN);
});

// A test with the start page open in a browser profile of its own. Besides what `body` asserts,
// nothing may have left this machine, no token may have been part of an address, and the browser
// may not have complained of anything but refused calls and what `body` takes out of `complaints`.
export function browserTest(name, body) {
  test(name, { timeout: 60_000 }, async () => {
    const context = await browser.newContext();
    try {
      const page = await context.newPage();
      const { requests, complaints } = watch(page);
      await page.goto(gatepost.issuerUrl);
      await body({ page, start: new StartPage(page), requests, complaints });
      assert.deepEqual(complaints, []);
      const addresses = requests.map((request) => request.url());
      assert.deepEqual(
        addresses.filter((address) => !isLoopback(address)),
        [],
      );
      assert.deepEqual(
        addresses.filter((address) => TOKEN.test(address)),
        [],
      );
    } finally {
      await context.close();
    }
  });
}

function watch(page) {
  const requests = [];
  const complaints = [];
  page.on("request", (request) => requests.push(request));
  page.on("pageerror", (error) => complaints.push(error.stack));
  page.on("console", (message) => {
    const isComplaint = ["error", "warning"].includes(message.type());
    if (isComplaint && !REFUSED_CALL.test(message.text())) complaints.push(message.text());
  });
  return { requests, complaints };
}

const isLoopback = (address) => ["127.0.0.1", "localhost"].includes(new URL(address).hostname);
