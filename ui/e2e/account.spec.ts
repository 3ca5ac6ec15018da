import { ACCOUNT, expect, test, url } from "./pages";

// All others come after it: there is no account yet.
test("the first account is made in the browser, and only once", async ({ page }) => {
  await page.goto(url("/"));
  await page.waitForURL(/\/setup/);
  await page.getByLabel("E-mail").fill(ACCOUNT.email);
  await page.getByLabel("Your name").fill("First");
  await page.locator("input[type=password]").fill(ACCOUNT.password);
  await page.getByRole("button", { name: "Create the account" }).click();
  await page.waitForURL(/\/workflows/);
  await expect(page.getByRole("heading", { name: "rsi-screen" })).toBeVisible();
  await page.goto(url("/setup"));
  await page.waitForURL(/\/login|\/$/);
});
