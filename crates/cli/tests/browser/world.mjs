// One gatepost and one browser for a test file (`node --test` runs each file in a process of its
// own), and a kind of test that watches what the page does besides.

import assert from "node:assert/strict";
import { after, test } from "node:test";

import { chromium } from "playwright-core";

import { Gatepost } from "./gatepost.mjs";
import { StartPage } from "./start-page.mjs";
import { LAUNCH, TOKEN, assertQuiet, watch } from "./watched.mjs";

// How Chromium reports calls that are refused: these tests provoke them on purpose.
const REFUSED_CALL = /^Failed to load resource: the server responded with a status of 40[13] /;

const browser = await chromium.launch(LAUNCH);

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
      const watched = watch(page, REFUSED_CALL);
      await page.goto(gatepost.issuerUrl);
      await body({ page, start: new StartPage(page), ...watched });
      assertQuiet(watched);
    } finally {
      await context.close();
    }
  });
}
