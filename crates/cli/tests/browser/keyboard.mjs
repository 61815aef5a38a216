// Moving about a page without a pointer.

import assert from "node:assert/strict";

// More elements than any page has that can take the focus.
const MOST_PRESSES = 100;

// Presses the Tab key until `locator` has the focus, and makes sure that this can be seen.
export async function tabTo(page, locator) {
  const hasFocus = (element) => element === document.activeElement;
  const isOutlined = (element) => getComputedStyle(element).outlineStyle === "solid";
  for (let presses = 0; presses < MOST_PRESSES; presses += 1) {
    await page.keyboard.press("Tab");
    if (await locator.evaluate(hasFocus)) {
      return assert.ok(await locator.evaluate(isOutlined), "the focus cannot be seen");
    }
  }
  assert.fail(`the Tab key does not lead to ${locator}`);
}
