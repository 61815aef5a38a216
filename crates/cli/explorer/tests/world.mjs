// A kind of test that watches what the page does besides. `node --test` runs each file in a process of its own.

import { after, test } from "node:test";

import { assertQuiet, watch } from "../../tests/browser/watched.mjs";
import { browser, clearAway } from "./program.mjs";

export { Program, policies } from "./program.mjs";

// A debug build takes some seconds for the large map, and more beside other builds.
export const PATIENCE_MS = Number(process.env.PATIENCE_MS ?? 60_000);

// Of the file, and not of a test: in there it would be that test's own.
after(clearAway);

/**
 * A test with a page of its own. Besides what `body` asserts, nothing may have left this machine, no token may
 * have been part of an address, and the browser may not have complained: of the Content-Security-Policy, say.
 * What it expects of complaints, `body` takes out of them.
 */
export function pageTest(
  name,
  { colorScheme = "light", viewport = { width: 1280, height: 860 }, ...more },
  body,
) {
  test(name, { timeout: 3 * PATIENCE_MS }, async () => {
    const context = await (
      await browser()
    ).newContext({ colorScheme, viewport, acceptDownloads: true, ...more });
    context.setDefaultTimeout(PATIENCE_MS);
    try {
      const page = await context.newPage();
      const watched = watch(page);
      await body({ page, context, ...watched });
      assertQuiet(watched);
    } finally {
      await context.close();
    }
  });
}

/** What a download of the page is. */
export async function downloaded(page, click) {
  const [download] = await Promise.all([page.waitForEvent("download"), click()]);
  const chunks = [];
  for await (const chunk of await download.createReadStream()) chunks.push(chunk);
  return { name: download.suggestedFilename(), content: Buffer.concat(chunks) };
}
