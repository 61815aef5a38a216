// The large set: what people wait for is measured and printed. The figures are of this machine, and nothing is
// asserted of them.

import assert from "node:assert/strict";

import { LARGE } from "./large-set.mjs";
import { Program, pageTest, policies } from "./world.mjs";

const { url } = await Program.explore(await policies({ isLarge: true }));
const SIZE = `${LARGE.subjects} subjects, ${LARGE.routes} routes`;

pageTest("the large map is there, and quick", {}, async ({ page }) => {
  // The server keeps its answer by the state of the documents: the first one takes it longer.
  const first = performance.now();
  await page.goto(`${url}/map`);
  await page.getByText(SIZE).waitFor();
  print("the first map, with the server's work", performance.now() - first);

  await page.addInitScript(noteWhenDrawn);
  await page.reload();
  await page.getByText(SIZE).waitFor();
  const paint = await page.evaluate(
    () => performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? NaN,
  );
  print("first contentful paint, loaded again", paint);
  print("the map drawn, loaded again", await page.evaluate(() => window.drawnAt));

  const cell = page.locator(".map-grid [tabindex]");
  await cell.focus();
  print("an arrow key, to the next frame", await toNextFrame(page, "ArrowDown"));
  print("Ctrl+End, to the next frame", await toNextFrame(page, "End", { ctrlKey: true }));
  print(
    "a scroll of one page, to the next frame",
    await page.evaluate(async () => {
      const frame = document.querySelector(".map-frame");
      const start = performance.now();
      frame.scrollTop = 1200;
      await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
      return performance.now() - start;
    }),
  );
  print("similar together, to the next frame", await choose(page, "Order", "similar"));
  print("filtered, to the next frame", await typed(page, "Routes", "invoices"));
  await page.getByText("100 subjects, 10 routes").waitFor();
});

pageTest("every cell of the large map can be reached", {}, async ({ page }) => {
  await page.goto(`${url}/map`);
  await page.getByText(SIZE).waitFor();
  const cell = page.locator(".map-grid [tabindex]");
  await cell.focus();
  await page.keyboard.press("Control+End");
  assert.match(await cell.innerText(), /^group:warehouses-readers: /);
  assert.ok(await page.locator(".map-frame").evaluate((frame) => frame.scrollLeft > 0 && frame.scrollTop > 0));
  await page.locator(".map-sentence").filter({ hasText: "warehouses-readers" }).waitFor();
  await page.keyboard.press("Enter");
  await page.getByRole("complementary").locator(".decision").first().waitFor();
});

pageTest("long lists are searched", {}, async ({ page }) => {
  await page.goto(`${url}/try`);
  await page.getByLabel("Find a document").fill("invoices-own");
  const links = page.getByRole("navigation", { name: "Documents" }).getByRole("link");
  await links.filter({ hasText: "group:invoices-owners" }).waitFor();
  assert.equal(await links.count(), 1);
});

function noteWhenDrawn() {
  new MutationObserver(() => {
    const canvas = document.querySelector(".map-frame canvas");
    if (canvas?.width > 300) window.drawnAt ??= performance.now();
  }).observe(document, { subtree: true, childList: true, attributes: true });
}

const print = (what, ms) => console.log(`  ${what}: ${ms.toFixed(0)} ms`);

const toNextFrame = (page, key, more = {}) =>
  page.evaluate(
    async ([key, more]) => {
      const start = performance.now();
      document.activeElement.dispatchEvent(
        new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...more }),
      );
      await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
      return performance.now() - start;
    },
    [key, more],
  );

const choose = (page, label, value) => change(page.getByLabel(label), value, "change");
const typed = (page, label, value) => change(page.getByLabel(label), value, "input");

const change = (field, value, kind) =>
  field.evaluate(
    async (element, [value, kind]) => {
      const start = performance.now();
      element.value = value;
      element.dispatchEvent(new Event(kind, { bubbles: true }));
      await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
      return performance.now() - start;
    },
    [value, kind],
  );
