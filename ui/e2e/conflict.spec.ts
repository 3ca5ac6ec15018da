import { api, ensureAccount, expect, node, saved, signIn, test, url } from "./pages";

const GRAPH = {
  name: "edited twice",
  nodes: [
    { key: "start", type: "trigger", position: { x: 0, y: 0 } },
    { key: "said", type: "adapter", config: { output: 1 }, position: { x: 300, y: 0 } },
  ],
  edges: [{ source: "start", target: "said" }],
};

test("two tabs that edit one draft are shown the difference, and nothing is lost", async ({
  page,
  context,
}) => {
  await ensureAccount(page);
  await signIn(page);
  const id = await (await api(page)).workflow(GRAPH);
  await page.goto(url(`/workflows/edit?id=${id}`));
  await expect(node(page, "said")).toBeVisible();
  const other = await context.newPage();
  await other.goto(url(`/workflows/edit?id=${id}`));
  await node(other, "said").click();
  // The first tab must not take the change over before it has one of its own.
  await page.route("**/graph", (route) =>
    route.request().method() === "GET" ? route.abort() : route.continue(),
  );
  await other.getByLabel("Name", { exact: true }).fill("Said by the other tab");
  await saved(other);
  await node(page, "said").click();
  await page.getByLabel("Name", { exact: true }).fill("Said by this tab");
  await page.unroute("**/graph");
  const dialog = page.getByRole("dialog", { name: "The draft was changed elsewhere" });
  await expect(dialog.getByText("said: name")).toBeVisible();
  await dialog.getByRole("button", { name: "Keep mine as a copy" }).click();
  await expect(dialog).toHaveCount(0);
  await expect(node(page, "said")).toContainText("Said by the other tab");
  await page.goto(url("/workflows"));
  await expect(page.getByRole("link", { name: /edited twice \(2\)/ })).toBeVisible();
});

test("what another tab stored comes by itself while nothing is unsaved here", async ({
  page,
  context,
}) => {
  await ensureAccount(page);
  await signIn(page);
  const id = await (await api(page)).workflow(GRAPH);
  await page.goto(url(`/workflows/edit?id=${id}`));
  const other = await context.newPage();
  await other.goto(url(`/workflows/edit?id=${id}`));
  await node(other, "said").click();
  await other.getByLabel("Name", { exact: true }).fill("Newer");
  await saved(other);
  await page.bringToFront();
  await expect(node(page, "said")).toContainText("Newer");
});
