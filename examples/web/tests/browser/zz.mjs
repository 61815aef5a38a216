import { browserTest, startGatepostWithCookies } from "./world.mjs";
const { gatepost, home } = await startGatepostWithCookies({ variables: { GATEPOST_REVOCATION: "on" } });
browserTest("x", async ({ context, page, app }) => {
  page.on("response", (r) => console.log(r.status(), r.url().slice(0, 100)));
    await page.goto(home);
    await app.signInButton().click();
    await page.getByRole("button", { name: `Sign in as alice` }).click();
  await page.waitForTimeout(2000);
  console.log(page.url(), (await page.innerText("body")).slice(0, 500), await context.cookies());
  console.log(gatepost.output());
});
