// Makes the picture of docs/matrix.md, docs/images/matrix.png, of the page on standard input.

import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";

import { chromium } from "playwright-core";

const PICTURE = fileURLToPath(new URL("../../../../docs/images/matrix.png", import.meta.url));

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM_BIN ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
});
const page = await browser.newPage({ viewport: { width: 850, height: 400 }, colorScheme: "light" });
await page.setContent(await text(process.stdin));
await page.screenshot({ path: PICTURE, fullPage: true });
await browser.close();
