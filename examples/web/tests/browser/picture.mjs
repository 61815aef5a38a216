// Makes the picture of docs/browser.md, docs/images/browser-app.png: `node --test picture.mjs`.

import { fileURLToPath } from "node:url";

import { browserTest, serveHeaderApp, startGatepost } from "./world.mjs";

const PICTURE = fileURLToPath(new URL("../../../../docs/images/browser-app.png", import.meta.url));

const gatepost = await startGatepost();
const home = await serveHeaderApp({ api: gatepost.apiUrl, issuer: gatepost.issuerUrl });

browserTest(
  "alice, and what her calls have come to",
  async ({ page, app }) => {
    await page.goto(home);
    await app.signIn("alice");
    for (const call of ["GET /movies", "GET /shows", "GET /api/profile"]) await app.call(call);
    await page.screenshot({ path: PICTURE });
  },
  { viewport: { width: 1100, height: 960 }, colorScheme: "light", reducedMotion: "reduce" },
);
