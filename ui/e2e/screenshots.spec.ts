import { resolve } from "node:path";
import { document, input } from "./flagship";
import { api, ensureAccount, expect, node, signIn, test, url } from "./pages";

const FOLDER = resolve(import.meta.dirname, "../../docs/images");

// The pictures of the documentation; `make screenshots` takes them, a test run does not.
for (const [locale, suffix] of [
  ["en", ""],
  ["ko", ".ko"],
] as const) {
  test(`pictures in ${locale} @screenshots`, async ({ page }) => {
    await ensureAccount(page);
    await signIn(page);
    await page.evaluate((value) => localStorage.setItem("pastetrader-locale", value), locale);
    const client = await api(page);
    const id = await client.workflow(document as unknown as Record<string, unknown>);
    await client.send("POST", `/workflows/${id}/publish`);
    const run = await client.send<{ id: string }>("POST", `/workflows/${id}/executions`, { input });
    const shot = (name: string) => page.screenshot({ path: `${FOLDER}/${name}${suffix}.png` });

    await page.goto(url(`/executions/view?id=${run.id}`));
    await expect(node(page, "report")).toHaveAttribute("data-status", "completed");
    await node(page, "report").click();
    await expect(page.getByRole("img", { name: "rsi.svg" })).toBeVisible();
    await shot("run-view");
    await page.goto(url(`/workflows/edit?id=${id}`));
    await node(page, "rule").click();
    await page.waitForTimeout(1_000);
    await shot("designer");
    if (locale === "ko") return;
    await page.evaluate(() => localStorage.setItem("pastetrader-theme", "dark"));
    await page.goto(url(`/workflows/edit?id=${id}`));
    await node(page, "rsi").click();
    await page.waitForTimeout(1_000);
    await shot("designer-dark");
  });
}
