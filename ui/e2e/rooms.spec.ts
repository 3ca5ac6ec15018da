import { expectAccessibleInBothThemes } from "./accessible";
import { document as flagship, input } from "./flagship";
import { api, ensureAccount, expect, node, signIn, test, url } from "./pages";

const ROOMS = [
  "/",
  "/workflows",
  "/triggers",
  "/executions",
  "/tools",
  "/tools/edit?kind=http",
  "/tools/mcp",
  "/secrets",
  "/users",
  "/approvals",
  "/settings",
  "/settings/notifications",
];

test("every room is accessible in both themes", async ({ page }) => {
  test.setTimeout(180_000);
  await ensureAccount(page);
  await signIn(page);
  for (const room of ROOMS) {
    await page.goto(url(room));
    await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
    await page.waitForLoadState("networkidle");
    await expectAccessibleInBothThemes(page, room);
  }
});

test("designer and run view are accessible in both themes", async ({ page }) => {
  test.setTimeout(180_000);
  await ensureAccount(page);
  await signIn(page);
  const client = await api(page);
  const id = await client.workflow(flagship as unknown as Record<string, unknown>);
  await client.send("POST", `/workflows/${id}/publish`);
  const run = await client.send<{ id: string }>("POST", `/workflows/${id}/executions`, { input });
  await page.goto(url(`/executions/view?id=${run.id}`));
  await expect(node(page, "report")).toHaveAttribute("data-status", "completed");
  await node(page, "report").click();
  await expectAccessibleInBothThemes(page, "run view");
  await page.goto(url(`/workflows/edit?id=${id}`));
  await expect(node(page, "rule")).toBeVisible();
  await expectAccessibleInBothThemes(page, "designer");
  for (const key of ["start", "each", "rule", "rsi", "report"]) {
    await node(page, key).click({ position: { x: 12, y: 6 } });
    await expectAccessibleInBothThemes(page, key);
  }
  for (const tab of ["Connect", "Behaviour", "Data", "JSON"]) {
    await page.getByRole("tab", { name: tab }).click();
    await expectAccessibleInBothThemes(page, tab);
  }
});

test("the whole product speaks Korean", async ({ page }) => {
  await ensureAccount(page);
  await page.addInitScript(() => localStorage.setItem("pastetrader-locale", "ko"));
  await page.goto(url("/login"));
  await page.getByLabel("이메일").fill("first@example.com");
  await page.getByLabel("비밀번호").fill("a-long-first-password");
  await page.getByRole("button", { name: "로그인" }).click();
  await page.waitForURL(url("/"));
  await expect(page.locator("html")).toHaveAttribute("lang", "ko");
  for (const room of ROOMS) {
    await page.goto(url(room));
    await expect(page.getByRole("heading", { level: 1 })).toHaveText(/[가-힣]|API/);
    await expect(
      page.getByText(
        /^(approvals|notifications|upgrade|designer|run|common|workflows|triggers|executions|tools|editors|trial|mcp|secrets|users|settings|dashboard|shell)\.\w+/,
      ),
    ).toHaveCount(0);
  }
});

test("a narrow screen keeps everything within reach", async ({ page }) => {
  await ensureAccount(page);
  await page.setViewportSize({ width: 768, height: 900 });
  await signIn(page);
  for (const room of ROOMS) {
    await page.goto(url(room));
    await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
    expect(
      await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth),
      room,
    ).toBe(true);
  }
});

test("an expression completes from the graph and shows what it gives on the last run", async ({
  page,
}) => {
  await ensureAccount(page);
  await signIn(page);
  const client = await api(page);
  const nodes = [
    { key: "start", type: "trigger" },
    { key: "made", type: "adapter", config: { output: { price: 41 } } },
    { key: "more", type: "adapter", config: { output: "" } },
  ];
  const edges = [
    { source: "start", target: "made" },
    { source: "made", target: "more" },
  ];
  const id = await client.workflow({ name: "expressions", nodes, edges });
  await client.send("POST", `/workflows/${id}/publish`);
  await client.send("POST", `/workflows/${id}/executions`, { input: {} });
  await page.goto(url(`/workflows/edit?id=${id}`));
  await node(page, "more").click();
  const field = page.getByRole("textbox", { name: "Output" });
  await field.click();
  await page.keyboard.insertText("{{ nodes.made.output.p");
  await page.keyboard.press("Control+Space");
  await page.locator(".cm-tooltip-autocomplete").getByRole("option", { name: /price/ }).click();
  await page.keyboard.insertText(" + 1 }}");
  await expect(page.locator("[data-preview]")).toContainText("= 42");
});

test("undo, redo, copy and paste work by their keys", async ({ page }) => {
  await ensureAccount(page);
  await signIn(page);
  const client = await api(page);
  const id = await client.workflow({
    name: "keys",
    nodes: [{ key: "start", type: "trigger" }],
    edges: [],
  });
  await page.goto(url(`/workflows/edit?id=${id}`));
  await node(page, "start").click();
  await page.keyboard.press("Control+d");
  await expect(node(page, "start_2")).toBeVisible();
  await page.keyboard.press("Control+z");
  await expect(node(page, "start_2")).toHaveCount(0);
  await page.keyboard.press("Control+Shift+z");
  await expect(node(page, "start_2")).toBeVisible();
  await page.keyboard.press("Control+a");
  await page.keyboard.press("Control+c");
  await page.keyboard.press("Control+v");
  await expect(page.locator("[data-node]")).toHaveCount(4);
  await page.keyboard.press("?");
  await expect(page.getByRole("dialog", { name: "Keyboard shortcuts" })).toBeVisible();
});
