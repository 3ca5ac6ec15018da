import type { Page } from "@playwright/test";
import { configure, type Hand, keyboard, mouse } from "./drawing";
import { document, furtherEdges, input, steps } from "./flagship";
import { api, ensureAccount, expect, node, saved, signIn, test } from "./pages";

test("an example runs with one click", async ({ page }) => {
  await ensureAccount(page);
  await signIn(page, "/workflows");
  const card = page
    .getByRole("listitem")
    .filter({ has: page.getByRole("heading", { name: "rsi-screen" }) });
  await card.getByRole("button", { name: /Run it/ }).click();
  await page.waitForURL(/\/executions\/view/);
  await expect(
    page.getByRole("banner").or(page.locator("header")).locator("[data-status=completed]"),
  ).toBeVisible();
});

for (const [name, handOf] of [
  ["mouse", mouse],
  ["keyboard", keyboard],
] as const) {
  test(`the trading method is drawn, published, run and read by ${name}`, async ({ page }) => {
    test.setTimeout(240_000);
    await ensureAccount(page);
    await signIn(page, "/workflows");
    await draw(page, handOf(page), `drawn by ${name}`);
    await publishAndRun(page, handOf(page));
    await read(page);
  });
}

async function draw(page: Page, hand: Hand, name: string): Promise<void> {
  await hand.press(page.getByRole("button", { name: "New workflow" }).first());
  await page.getByRole("dialog").getByRole("textbox").fill(name);
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/workflows\/edit/);
  await expect(page.getByText("Begin with a trigger")).toBeVisible();
  for (const step of steps) {
    await hand.add(step.entry, step.after);
    await configure(page, hand, step.node);
  }
  for (const edge of furtherEdges)
    await hand.connect(edge.source, edge.source_handle ?? null, edge.target);
  await writeSettings(page);
  await saved(page);
  await expect(page.getByText("No problems.")).toBeVisible();
}

/** Variables and output of the workflow, which the test takes a short way to. */
async function writeSettings(page: Page): Promise<void> {
  await saved(page);
  const id = new URL(page.url()).searchParams.get("id");
  const client = await api(page);
  const draft = await client.send<{ version: number; graph: { edges: unknown[] } }>(
    "GET",
    `/workflows/${id}/graph`,
  );
  expect(draft.graph.edges).toHaveLength(document.edges.length);
  const { variables, output } = document;
  await client.send("PUT", `/workflows/${id}/graph`, {
    ...draft.graph,
    version: draft.version,
    variables,
    output,
  });
  await expect(page.getByText("you see the newest").first()).toBeVisible();
}

async function publishAndRun(page: Page, hand: Hand): Promise<void> {
  await hand.press(page.getByRole("button", { name: "Publish", exact: true }));
  await page.getByRole("dialog").getByLabel("What changed").fill("First version");
  await page.keyboard.press("Enter");
  await expect(page.getByText("Version 1 runs")).toBeVisible();
  await page.keyboard.press("Control+Enter");
  const dialog = page.getByRole("dialog");
  await expect(dialog.getByText("Symbols")).toBeVisible();
  for (const symbol of input.symbols as string[]) {
    await hand.press(dialog.getByRole("button", { name: "Add" }));
    await dialog
      .getByRole("textbox", { name: /^Symbols \d/ })
      .last()
      .fill(symbol);
  }
  await dialog.getByLabel(/As of/).fill(String(input.as_of));
  await hand.press(dialog.getByRole("button", { name: "Start the run" }));
  await page.waitForURL(/\/executions\/view/);
}

async function read(page: Page): Promise<void> {
  for (const { key, type } of document.nodes.filter((each) => !each.parent))
    await expect(node(page, key), type).toHaveAttribute("data-status", "completed");
  await node(page, "report").click();
  const details = page.getByRole("complementary", { name: "Details of what is selected" });
  await expect(details.getByText("| MSFT |", { exact: false })).toBeVisible();
  await expect(details.getByRole("img", { name: "rsi.svg" })).toBeVisible();
  await expect(details.getByRole("link", { name: /Temporal event/ })).toHaveAttribute(
    "href",
    /\/history|\/workflows\//,
  );
  await node(page, "rsi").click();
  await details.getByLabel("Pass").selectOption("3");
  await expect(details.getByText(/RSI\(14\) over \d+ prices is/)).toBeVisible();
  const timeline = page.getByRole("list", { name: "Timeline" });
  await expect(timeline.getByRole("button", { name: /Each symbol/ })).toBeVisible();
  await timeline
    .getByRole("button", { name: /RSI\(14\) \[2\]/ })
    .first()
    .click();
  await expect(details.getByLabel("Pass")).toHaveValue("2");
}
