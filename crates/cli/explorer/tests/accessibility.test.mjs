// Each view, light and dark, wide and narrow, for those who use a keyboard or a screen reader.

import assert from "node:assert/strict";

import axe from "axe-core";

import { Program, pageTest, policies } from "./world.mjs";

const VIEWS = {
  map: { address: "/map", isThere: "canvas" },
  "an explanation on the map": {
    address: "/map?subject=group:movies-group&verb=DELETE&path=/movies/{id}",
    isThere: "mark",
    large: "/map?subject=group:accounts-editors&verb=POST&path=/api/v2/accounts",
  },
  ask: { address: "/ask?groups=movies-group&method=GET&path=/movies/7", isThere: ".decision" },
  who: { address: "/ask/who?verb=GET&path=/movies/*", isThere: "main h2, tbody tr" },
  what: {
    address: "/ask/what/group:movies-group",
    isThere: "tbody tr",
    large: "/ask/what/group:accounts-owners",
  },
  try: { address: "/try/group:movies-group", isThere: ".verdict", large: "/try/group:accounts-owners" },
  watch: { address: "/watch", isThere: "h1, h2" },
  history: { address: "/history", isThere: "main h2" },
};

const sets = {
  example: await Program.dev(await policies()),
  large: await Program.explore(await policies({ isLarge: true })),
};

const WIDE = { width: 1280, height: 860 };
const LOOKS = {
  light: { colorScheme: "light", size: WIDE },
  dark: { colorScheme: "dark", size: WIDE },
  narrow: { colorScheme: "light", size: { width: 390, height: 844 } },
};

for (const [set, program] of Object.entries(sets)) {
  for (const [name, view] of Object.entries(VIEWS)) {
    pageTest(`${name}, ${set}: nothing serious in light, dark and narrow`, {}, async ({ page }) => {
      await page.goto(program.url + ((set === "large" && view.large) || view.address));
      await page.locator(view.isThere).first().waitFor();
      for (const [look, { colorScheme, size }] of Object.entries(LOOKS)) {
        await page.emulateMedia({ colorScheme });
        await page.setViewportSize(size);
        assert.deepEqual(await findings(page), [], look);
        const beyond = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        assert.equal(beyond, 0, `${look}: wider than the window`);
      }
    });
  }
}

async function findings(page) {
  // By the protocol of the browser's tools, which the Content-Security-Policy does not concern.
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(
      ({ id, nodes }) =>
        `${id}: ${nodes.map(({ target, failureSummary }) => `${target} ${failureSummary}`).join("; ")}`,
    );
}

pageTest("one passes through all views by keys alone", {}, async ({ page }) => {
  await page.goto(`${sets.example.url}/map`);
  await page.locator("canvas").waitFor();
  await page.keyboard.press("Tab");
  assert.equal(await focused(page), "To the content");
  for (const [link, sign] of [
    ["Ask", "Which call?"],
    ["Try", "Which document?"],
    ["Watch", "Calls"],
    ["History", /No history here|Whose history/],
  ]) {
    await tabTo(page, link);
    await page.keyboard.press("Enter");
    await page.getByText(sign).first().waitFor();
    // The content has the focus now: back up to the links.
    for (let presses = 0; presses < 8 && (await focused(page)) !== "Gatepost"; presses += 1)
      await page.keyboard.press("Shift+Tab");
  }
});

pageTest("the editor lets the Tab key out", {}, async ({ page }) => {
  await page.goto(`${sets.example.url}/try/group:movies-group`);
  await page.locator(".cm-content").focus();
  await page.keyboard.press("Tab");
  assert.ok(!(await page.evaluate(() => document.activeElement?.classList.contains("editor"))));
});

const focused = (page) => page.evaluate(() => document.activeElement?.textContent?.trim());

async function tabTo(page, text) {
  for (let presses = 0; presses < 20; presses += 1) {
    if ((await focused(page)) === text) {
      const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
      return assert.equal(outline, "solid", "the focus cannot be seen");
    }
    await page.keyboard.press("Tab");
  }
  return assert.fail(`the Tab key does not lead to ${text}`);
}
