import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Locator, Page } from "@playwright/test";
import { expectAccessible } from "./accessible";
import { api, ensureAccount, expect, node, signIn, test, url } from "./pages";

const STARTS_MS = 45_000;

/** A published workflow that gives back what its run was given. */
async function echoing(page: Page, name: string): Promise<string> {
  const client = await api(page);
  const id = await client.workflow({
    name,
    nodes: [
      { key: "start", type: "trigger", position: { x: 0, y: 0 } },
      {
        key: "given",
        type: "adapter",
        config: { output: "{{ input }}" },
        position: { x: 300, y: 0 },
      },
    ],
    edges: [{ source: "start", target: "given" }],
  });
  await client.send("POST", `/workflows/${id}/publish`);
  return id;
}

function textbox(within: Page | Locator, name: string): Locator {
  return within.getByRole("textbox", { name, exact: true });
}

function button(within: Page | Locator, name: string): Locator {
  return within.getByRole("button", { name, exact: true });
}

async function write(page: Page, editor: Locator, text: string): Promise<void> {
  await editor.click();
  await page.keyboard.press("Control+a");
  await page.keyboard.insertText(text);
}

/** Saves a new trigger, and is on its page then. */
async function create(page: Page, name: string): Promise<void> {
  await textbox(page, "Name").fill(name);
  await button(page, "Create").click();
  await page.waitForURL(/\/triggers\/view\?id=/);
  await expect(page.getByRole("heading", { level: 1, name })).toBeVisible();
}

/** The newest row of a table, once its run is completed. */
async function completed(table: Locator): Promise<Locator> {
  const row = table.getByRole("row").nth(1);
  await expect(row.locator("[data-status=completed]")).toBeVisible({ timeout: STARTS_MS });
  return row;
}

/** Opens the run of a row, and what its only node gave. */
async function openRun(page: Page, row: Locator): Promise<Locator> {
  await row.getByRole("link", { name: "Open the run" }).click();
  await page.waitForURL(/\/executions\/view\?id=/);
  await expect(node(page, "given")).toHaveAttribute("data-status", "completed", {
    timeout: STARTS_MS,
  });
  await node(page, "given").click();
  const details = page.getByRole("complementary", { name: "Details of what is selected" });
  return details.getByRole("region", { name: "Output" });
}

test("a schedule shows its firings before it is saved, and starts a run when it is fired", async ({
  page,
}) => {
  test.setTimeout(180_000);
  const WORKFLOW = "runs on time";
  const NAME = "weekdays at nine";
  await ensureAccount(page);
  await signIn(page, "/workflows");
  await echoing(page, WORKFLOW);
  await page.reload();
  await button(page, `Actions for ${WORKFLOW}`).click();
  await page.getByRole("menuitem", { name: "Triggers" }).click();
  await page.waitForURL(/\/triggers\?workflow=/);
  await expectAccessible(page, "no triggers");
  await page.getByRole("link", { name: "Make a schedule" }).click();

  const workflow = page.getByRole("combobox", { name: "Workflow" });
  await expect(workflow.locator("option:checked")).toHaveText(WORKFLOW);
  const firings = page.locator("[data-firings] > li");
  await expect(firings).toHaveCount(10);
  await page.getByRole("combobox", { name: "Time zone" }).fill("Asia/Seoul");
  await expect(firings.first()).toContainText(/09:00 GMT\+9/);
  await page.getByRole("combobox", { name: "Repeats" }).selectOption("month");
  const cron = textbox(page, "Cron expression");
  await expect(cron).toHaveValue("0 9 1 * *");
  await expect(firings.first()).toContainText(/ 1, \d{4}, 09:00/);
  await cron.fill("0 25 * * *");
  await expect(cron).toHaveAttribute("aria-invalid", "true");
  await expect(page.getByRole("main").getByRole("alert")).toBeVisible();
  await expect(firings).toHaveCount(0);
  await cron.fill("0 9 * * MON-FRI");
  await expect(page.getByRole("combobox", { name: "Repeats" })).toHaveValue("week");
  await expect(firings).toHaveCount(10);
  await expectAccessible(page, "editor of a schedule");
  await create(page, NAME);

  await expect(page.getByText("Asia/Seoul").first()).toBeVisible();
  await button(page, "Fire now").click();
  await button(page.getByRole("dialog"), "Fire now").click();
  const history = page.getByRole("region", { name: "History of firings" }).getByRole("table");
  const row = await completed(history);
  await expect(row).toContainText("By hand");
  await expectAccessible(page, "page of a schedule");
  const output = await openRun(page, row);
  await expect(output).toContainText("{}");
  await page.getByRole("link", { name: NAME }).click();
  await page.waitForURL(/\/triggers\/view\?id=/);

  await button(page, "Backfill").click();
  const dialog = page.getByRole("dialog", { name: "Backfill" });
  const day = (back: number) => new Date(Date.now() - back * 86_400_000).toISOString().slice(0, 10);
  await dialog.getByLabel(/^From/).fill(`${day(9)}T00:00`);
  await dialog.getByLabel(/^To/).fill(`${day(2)}T00:00`);
  await button(dialog, "Fire for these times").click();
  await expect(dialog.getByText("It fires for 5 times:")).toBeVisible();
  await expectAccessible(page, "backfill");
  await button(dialog, "Close").last().click();
  await expect(history.getByRole("row").filter({ hasText: "Backfill" })).toHaveCount(5, {
    timeout: STARTS_MS,
  });

  await page.goto(url("/executions"));
  const runs = page.getByRole("row").filter({ hasText: WORKFLOW });
  await expect(runs.getByRole("link", { name: NAME }).first()).toBeVisible();
});

test("a webhook takes a test request, and the program that it shows", async ({ page }) => {
  test.setTimeout(180_000);
  const SECRET = 'it\'s a "long" $ecret';
  await ensureAccount(page);
  await signIn(page);
  const client = await api(page);
  await client.send("PUT", "/secrets/E2E_HOOK", { value: SECRET });
  const workflow = await echoing(page, "runs when called");
  await page.goto(url(`/triggers/edit?kind=webhook&workflow=${workflow}`));
  await expect(button(page, "Create")).toBeDisabled();
  await page.getByRole("combobox", { name: "Secret" }).selectOption("E2E_HOOK");
  await write(page, textbox(page, "Only if"), "{{ event.body.amount > 10 }}");
  await page.getByText("Sample of what comes").click();
  await write(
    page,
    textbox(page, "Sample of what comes"),
    '{"body": {"amount": 11}, "headers": {}}',
  );
  await textbox(page, "Only if").click();
  await expect(page.locator("[data-preview]")).toContainText("true");
  await write(page, textbox(page, "Input"), "{{ event.body.missing.thing");
  await textbox(page, "Name").fill("orders");
  await button(page, "Create").click();
  await expect(page.getByRole("main").getByRole("alert")).toBeVisible();
  await write(page, textbox(page, "Input"), "{{ event.body }}");
  await expectAccessible(page, "editor of a webhook");
  await create(page, "orders");

  const deliveries = page.getByRole("region", { name: "Deliveries" }).getByRole("table");
  await write(page, textbox(page, "Body"), '{"amount": 3}');
  await button(page, "Send the request").click();
  await expect(page.locator('[data-answer="202"]')).toBeVisible({ timeout: STARTS_MS });
  await expect(deliveries.getByRole("row").nth(1)).toContainText("Skipped");
  await write(page, textbox(page, "Body"), '{"amount": 42}');
  await button(page, "Send the request").click();
  await expect(deliveries.getByRole("row")).toHaveCount(3, { timeout: STARTS_MS });
  let row = await completed(deliveries);
  await expect(row).toContainText("Accepted");
  await expect(row).toContainText('{"amount": 42}');
  await expectAccessible(page, "page of a webhook");
  expect(await page.content()).not.toContain(SECRET);
  const output = await openRun(page, row);
  await expect(output).toContainText("42");
  await page.goBack();

  const program = page.getByRole("region", { name: "A signed call with curl + openssl" });
  const text = (await program.innerText()).replace('{"hello": "world"}', '{"amount": 43}');
  const call = async (): Promise<Record<string, unknown>> => {
    const env = { ...process.env, WEBHOOK_SECRET: SECRET };
    const { stdout } = await promisify(execFile)("bash", ["-c", text], { env });
    return JSON.parse(stdout);
  };
  expect(await call()).toMatchObject({ id: expect.any(String) });
  await page.reload();
  row = await completed(deliveries);
  await expect(row).toContainText('{"amount": 43}');

  const address = await page.locator("[data-hook-url]").innerText();
  const unsigned = await page.request.post(address, { data: { amount: 44 } });
  expect(unsigned.status()).toBe(401);
  await page.reload();
  await expect(deliveries.getByRole("row").nth(1)).toContainText("Refused");

  await button(page, "Pause").click();
  const dialog = page.getByRole("dialog");
  await textbox(dialog, "Note").fill("the shop is closed");
  await button(dialog, "Pause").click();
  await expect(page.locator("[data-active=false]")).toBeVisible();
  await expect(page.getByText("the shop is closed")).toBeVisible();
  expect(await call()).toMatchObject({ status: 410, code: "TRIGGER_PAUSED" });
  await button(page, "Resume").click();
  await expect(page.locator("[data-active=true]")).toBeVisible();
});

test("an event that is published starts a workflow, by keyboard alone", async ({ page }) => {
  test.setTimeout(120_000);
  await ensureAccount(page);
  await signIn(page);
  const workflow = await echoing(page, "runs on events");
  await page.goto(url(`/triggers/edit?kind=schedule&workflow=${workflow}`));
  await page.getByRole("tab", { name: "Schedule" }).focus();
  await page.keyboard.press("End");
  await expect(page.getByRole("tab", { name: "Event" })).toBeFocused();
  await textbox(page, "Name of the event").focus();
  await page.keyboard.insertText("order.paid");
  await page.keyboard.press("Tab");
  await page.keyboard.insertText("7");
  await expectAccessible(page, "editor of an event");
  await textbox(page, "Name").focus();
  await page.keyboard.insertText("paid");
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/triggers\/view\?id=/);

  await button(page, "Publish an event").focus();
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog", { name: "Publish an event" });
  await expect(textbox(dialog, "Name of the event")).toBeFocused();
  await expect(textbox(dialog, "Key")).toHaveValue("7");
  await write(page, textbox(dialog, "Payload"), '{"total": 12}');
  await expectAccessible(page, "publishing an event");
  await button(dialog, "Publish").focus();
  await page.keyboard.press("Enter");
  await expect(dialog).toHaveCount(0);
  const history = page.getByRole("region", { name: "History of firings" }).getByRole("table");
  const row = await completed(history);
  await expect(row).toContainText("Event");
  const output = await openRun(page, row);
  await expect(output).toContainText("12");

  await page.goto(url("/triggers"));
  const listed = page.locator('[data-trigger="paid"]');
  await expect(listed).toContainText("order.paid, key 7");
  const active = listed.getByRole("switch", { name: "paid is active" });
  await active.focus();
  await page.keyboard.press("Space");
  await expect(active).not.toBeChecked();
  await listed.getByRole("link", { name: "paid" }).click();
  await button(page, "Delete").click();
  await button(page.getByRole("dialog"), "Delete").click();
  await page.waitForURL(url("/triggers"));
  await expect(listed).toHaveCount(0);
});

test("the rooms of triggers are accessible in the dark, and speak Korean", async ({ page }) => {
  await ensureAccount(page);
  await page.addInitScript(() => localStorage.setItem("pastetrader-theme", "dark"));
  await signIn(page);
  const client = await api(page);
  const workflow_id = await echoing(page, "runs in the dark");
  const made = await client.send<{ id: string }>("POST", "/triggers", {
    workflow_id,
    name: "open to all",
    config: { type: "webhook", verification: "none" },
  });
  const rooms = [
    "/triggers",
    "/triggers/edit?kind=schedule",
    "/triggers/edit?kind=webhook",
    "/triggers/edit?kind=event",
    `/triggers/view?id=${made.id}`,
  ];
  for (const room of rooms) {
    await page.goto(url(room));
    await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
    await page.waitForLoadState("networkidle");
    await expectAccessible(page, room);
  }
  await page.addInitScript(() => localStorage.setItem("pastetrader-locale", "ko"));
  for (const room of rooms) {
    await page.goto(url(room));
    await expect(page.locator("html")).toHaveAttribute("lang", "ko");
    await expect(page.getByRole("link", { name: "트리거", exact: true })).toBeVisible();
    await expect(page.getByText(/^(triggers|common|shell)\.\w+/)).toHaveCount(0);
  }
  await page.goto(url("/triggers/edit?kind=schedule"));
  await expect(page.getByText(/월요일, 화요일/)).toBeVisible();
});
