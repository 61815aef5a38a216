// The map of the example policies.

import assert from "node:assert/strict";

import { Program, downloaded, pageTest, policies } from "./world.mjs";

const { url } = await Program.explore(await policies());

// The map is a picture: the grid over it says what the cell with the focus is.
const cell = (page) => page.locator(".map-grid [tabindex]");
const sentence = (page) => page.locator(".map-sentence");

async function opened(page, address = "/map") {
  await page.goto(url + address);
  await page.locator(".map-frame canvas").waitFor();
}

// Tab to the grid, then to the cell of a subject in the row of a route.
async function moveTo(page, route, subject) {
  await cell(page).focus();
  await page.keyboard.press("Control+Home");
  for (let presses = 0; presses < 60 && (await cell(page).innerText()) !== route; presses += 1) {
    await page.keyboard.press("ArrowDown");
  }
  assert.equal(await cell(page).innerText(), route);
  for (
    let presses = 0;
    presses < 10 && !(await cell(page).innerText()).startsWith(`${subject}:`);
    presses += 1
  ) {
    await page.keyboard.press("ArrowRight");
  }
}

pageTest("each cell is reached by keys, and says why it is as it is", {}, async ({ page }) => {
  await opened(page);
  await moveTo(page, "DELETE /movies/{id}", "group:movies-group");
  assert.equal(await cell(page).innerText(), "group:movies-group: denied");
  await sentence(page).filter({ hasText: "allowed by no statement" }).waitFor();
  const said = page.locator("main p[role=status].unseen");
  assert.match(await said.innerText(), /movies-group, DELETE \/movies\/\{id\}: allowed by no statement/);
  await page.keyboard.press("ArrowLeft");
  assert.equal(await cell(page).innerText(), "group:admin-group: allowed");
  await sentence(page).filter({ hasText: "KeepTheCatalogue" }).waitFor();
});

pageTest(
  "Enter opens the explanation, Escape closes it, and the focus is where it was",
  {},
  async ({ page }) => {
    await opened(page);
    await moveTo(page, "DELETE /movies/{id}", "group:movies-group");
    await page.keyboard.press("Enter");
    const panel = page.getByRole("complementary");
    await panel.getByText("GET/movies/* is for GET, and this is DELETE").waitFor();
    await panel.locator("mark.near_miss").waitFor();
    assert.match(await panel.locator("mark.near_miss").innerText(), /"Sid": "ReadMovies"/);
    assert.match(page.url(), /subject=group:movies-group&verb=DELETE&path=\/movies\//);
    await page.keyboard.press("Escape");
    await panel.waitFor({ state: "detached" });
    assert.equal(await page.evaluate(() => document.activeElement?.innerText), "group:movies-group: denied");
  },
);

pageTest("a click opens the cell that is drawn there", {}, async ({ page }) => {
  await opened(page);
  await moveTo(page, "GET /movies", "group:movies-group");
  const { x, y, width, height } = await cell(page).boundingBox();
  await page.mouse.click(x + width / 2, y + height / 2);
  await page.getByRole("complementary").getByText("ReadMovies").first().waitFor();
  assert.match(page.url(), /subject=group:movies-group&verb=GET&path=\/movies$/);
});

pageTest("the address has the filters, and opens the same map", {}, async ({ page, context }) => {
  await opened(page);
  await page.getByLabel("Routes").fill("delete movies");
  await page.getByLabel("Subjects").fill("admin");
  await page.getByText("1 subject, 1 route").waitFor();
  const other = await context.newPage();
  await other.goto(page.url());
  await other.getByText("1 subject, 1 route").waitFor();
  await other.getByRole("button", { name: /denied/ }).click();
  await other.getByText("Nothing is so").waitFor();
});

pageTest("families fold to a row that counts", {}, async ({ page }) => {
  await opened(page);
  await moveTo(page, "/movies, 5 routes", "nobody");
  await page.keyboard.press("Home");
  await page.keyboard.press("Enter");
  assert.equal(await cell(page).getAttribute("aria-expanded"), "false");
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowRight");
  assert.equal(await cell(page).innerText(), "group:movies-group: 2 of 5 routes allowed");
});

pageTest("the map is exported as SVG, PNG, CSV and JSON", {}, async ({ page }) => {
  await opened(page);
  const take = (name) =>
    downloaded(page, async () => {
      if (!(await page.locator("details.take").evaluate((details) => details.open)))
        await page.getByText("Export", { exact: true }).click();
      await page.getByRole("button", { name, exact: true }).click();
    });
  const svg = String((await take("SVG")).content);
  assert.match(svg, /^<svg xmlns="http:\/\/www.w3.org\/2000\/svg"/);
  assert.match(svg, /movies-group<\/text>/);
  const isDrawn = await page.evaluate(async (text) => {
    const image = new Image();
    image.src = URL.createObjectURL(new Blob([text], { type: "image/svg+xml" }));
    await image.decode();
    return image.width > 300 && image.height > 300;
  }, svg);
  assert.ok(isDrawn);
  const png = (await take("PNG")).content;
  assert.equal(png.subarray(1, 4).toString(), "PNG");
  assert.ok(png.length > 10_000);
  const csv = String((await take("CSV")).content);
  assert.match(csv, /^method,path,guard,group:admin-group,group:movies-group,group:shows-group\r\n/);
  assert.match(csv, /\r\nDELETE,\/movies\/\{id\},authorizer,allowed,denied,denied\r\n/);
  const json = JSON.parse(String((await take("JSON")).content));
  assert.equal(
    json.routes.find(({ path, method }) => path === "/movies" && method === "GET").cells["group:movies-group"],
    "allowed",
  );
});
