import type { Locator, Page } from "@playwright/test";
import { expectAccessibleInBothThemes } from "./accessible";
import { startEcho } from "./echo";
import { api, ensureAccount, expect, node, signIn, test, url } from "./pages";

const TRY_MS = 60_000;

function trial(page: Page): Locator {
  return page.getByRole("region", { name: "Try it" });
}

function output(page: Page): Locator {
  return trial(page).getByRole("region", { name: "Output" });
}

function textbox(within: Page | Locator, name: string): Locator {
  return within.getByRole("textbox", { name, exact: true });
}

/** Write into an editor in the place of what is there. */
async function write(page: Page, editor: Locator, text: string): Promise<void> {
  await editor.click();
  await page.keyboard.press("Control+a");
  await page.keyboard.insertText(text);
}

async function tryIt(page: Page, outcome: "ok" | "failed"): Promise<void> {
  await page.keyboard.press("Control+Enter");
  await expect(trial(page).locator(`[data-outcome=${outcome}]`)).toBeVisible({ timeout: TRY_MS });
}

async function save(page: Page, name: string): Promise<void> {
  await textbox(page, "Name").fill(name);
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await expect(page.getByText(`“${name}” is saved.`).first()).toBeVisible();
  await page.waitForURL(/\/tools\/edit\?id=/);
  await expect(page.getByRole("heading", { level: 1, name })).toBeVisible();
  await expect(page.locator("[data-unsaved]")).toHaveCount(0);
}

test("a request is pasted from cURL, tried, saved and sent by a run", async ({ page }) => {
  test.setTimeout(240_000);
  const VALUE = "sk-tools-83b1c7d2e9";
  const NAME = "echo order";
  const echo = await startEcho();
  await ensureAccount(page);
  await signIn(page, "/tools");
  const client = await api(page);
  await client.send("PUT", "/secrets/TOOLS_TOKEN", { value: VALUE });

  await page.getByRole("button", { name: "New tool" }).click();
  await page.getByRole("menuitem", { name: "HTTP request" }).click();
  await page.waitForURL(/\/tools\/edit\?kind=http/);
  await page.getByRole("button", { name: "Paste cURL" }).click();
  const dialog = page.getByRole("dialog", { name: "Fill in from a cURL command" });
  await textbox(dialog, "cURL command").fill(
    [
      `curl -k '${echo.url}/orders?page=2' \\`,
      `  -H 'X-From: cURL' -H 'Authorization: Bearer {{ secrets.TOOLS_TOKEN }}' \\`,
      `  --json '{"symbol": "{{ inputs.symbol }}"}'`,
    ].join("\n"),
  );
  await expect(dialog.getByText("certificates are always checked")).toBeVisible();
  await dialog.getByRole("button", { name: "Fill in" }).click();
  await expect(dialog).toHaveCount(0);
  expect(echo.authorizations).toEqual([]);
  await expect(page.getByLabel("Method", { exact: true })).toHaveValue("POST");
  await expect(textbox(page, "URL")).toContainText(`${echo.url}/orders`);
  await expect(page.getByRole("tab", { name: "Query 1" })).toBeVisible();
  await page.getByRole("tab", { name: "Auth" }).click();
  await expect(page.getByLabel("Who calls", { exact: true })).toHaveValue("bearer");
  await expect(textbox(page, "Token")).toContainText("{{ secrets.TOOLS_TOKEN }}");

  await write(page, textbox(trial(page), "Symbol"), "MSFT");
  await tryIt(page, "ok");
  await expect(trial(page).getByText("Status 201")).toBeVisible();
  await expect(output(page)).toContainText("/orders?page=2");
  await expect(output(page)).toContainText("MSFT");
  await expect(output(page)).toContainText("Bearer [secret TOOLS_TOKEN]");
  expect(echo.authorizations).toEqual([`Bearer ${VALUE}`]);
  expect(await page.content()).not.toContain(VALUE);
  await save(page, NAME);

  const id = await client.workflow({
    name: "sends orders",
    nodes: [
      { key: "start", type: "trigger", position: { x: 0, y: 0 } },
      {
        key: "order",
        type: "tool",
        tool: NAME,
        inputs: { symbol: "AAPL" },
        position: { x: 300, y: 0 },
      },
    ],
    edges: [{ source: "start", target: "order" }],
  });
  await client.send("POST", `/workflows/${id}/publish`);
  const run = await client.send<{ id: string }>("POST", `/workflows/${id}/executions`, {
    input: {},
  });
  await page.goto(url(`/executions/view?id=${run.id}`));
  await expect(node(page, "order")).toHaveAttribute("data-status", "completed", {
    timeout: TRY_MS,
  });
  await node(page, "order").click();
  const details = page.getByRole("complementary", { name: "Details of what is selected" });
  await expect(details.getByRole("region", { name: "Output" })).toContainText("AAPL");
  expect(echo.authorizations).toHaveLength(2);

  await page.goto(url("/tools"));
  await page.getByRole("button", { name: `Delete ${NAME}` }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete", exact: true }).click();
  const users = page.getByRole("list", { name: "Used by" });
  await expect(users.getByRole("link", { name: "sends orders" })).toBeVisible();
  await echo.close();
});

test("Python is written, tried with its log and its errors, and saved", async ({ page }) => {
  test.setTimeout(240_000);
  const HEAD = "def main(values: list[float], scale: float = 2.0):\n";
  const GOOD = `${HEAD}    print("adding", len(values))\n    return {"sum": sum(values) * scale}\n`;
  const BAD = `${HEAD}    print("adding")\n    raise ValueError("too much")\n`;
  await ensureAccount(page);
  await signIn(page, "/tools/edit?kind=python");
  const code = textbox(page, "Code");
  await write(page, code, GOOD);
  await page.getByRole("button", { name: "Use as the input schema" }).click();
  await expect(page.getByRole("button", { name: "Is the input schema" })).toBeDisabled();

  for (const [index, number] of ["2", "3"].entries()) {
    await trial(page).getByRole("button", { name: "Add", exact: true }).click();
    await trial(page)
      .getByRole("spinbutton", { name: `Values ${index + 1}` })
      .fill(number);
  }
  await expect(trial(page).getByRole("spinbutton", { name: "Scale" })).toHaveValue("2");
  await tryIt(page, "ok");
  await expect(output(page)).toContainText("sum: 10");
  await expect(trial(page).getByRole("log")).toContainText("adding 2");

  await write(page, code, BAD);
  await tryIt(page, "failed");
  await expect(trial(page).getByRole("alert")).toContainText("too much");
  await expect(trial(page).getByRole("alert")).toContainText("line 3");
  await expect(code.locator(".cm-bad-line")).toContainText("raise ValueError");

  await page
    .getByRole("navigation", { name: "Main" })
    .getByRole("link", { name: "Executions" })
    .click();
  const leaving = page.getByRole("dialog", { name: "Leave without saving?" });
  await leaving.getByRole("button", { name: "Stay" }).click();
  await expect(leaving).toHaveCount(0);

  await write(page, code, GOOD);
  await save(page, "weighted sum");
  await expect(trial(page).getByText("as it is saved")).toBeVisible();
  await tryIt(page, "ok");
  await page.reload();
  await expect(textbox(page, "Code")).toContainText("sum(values) * scale");
});

test("a shell script leaves a file, which can be looked at", async ({ page }) => {
  test.setTimeout(180_000);
  const SCRIPT = [
    'echo "hello $INPUT_NAME"',
    'echo "made for $INPUT_NAME" > "$OUT/note.txt"',
    `printf '{"length": %d}' "\${#INPUT_NAME}" > "$OUTPUT"`,
    "",
  ].join("\n");
  await ensureAccount(page);
  await signIn(page, "/tools/edit?kind=shell");
  await write(page, textbox(page, "Script"), SCRIPT);
  await write(page, textbox(trial(page), "Inputs as JSON"), '{"name": "Ann"}');
  await tryIt(page, "ok");
  await expect(output(page)).toContainText("hello Ann");
  await expect(output(page)).toContainText("length: 3");
  await expect(trial(page).getByRole("log")).toContainText("hello Ann");
  await output(page)
    .getByRole("button", { name: /note\.txt/ })
    .click();
  const file = page.getByRole("dialog");
  await expect(file).toContainText("made for Ann");
  await file.getByRole("button", { name: "Close" }).click();
  await save(page, "greeting file");
});

test("tools of an MCP server are read, approved, tried and made one's own", async ({ page }) => {
  test.setTimeout(240_000);
  await ensureAccount(page);
  await signIn(page, "/tools/mcp");
  await expect(page.getByRole("row").filter({ hasText: "the operator" })).toContainText("time");
  await page.getByRole("link", { name: "time", exact: true }).click();
  await page.waitForURL(/\/tools\/mcp\/view\?id=/);
  await page.getByRole("button", { name: "Refresh", exact: true }).click();
  const card = page.locator("[data-mcp-tool=get_current_time]");
  await expect(card).toContainText("Get current time in a specific timezone", {
    timeout: TRY_MS,
  });
  await expect(card.getByRole("region", { name: "Input of get_current_time" })).toContainText(
    "timezone",
  );
  await expect(card.locator("[data-approval=new]")).toBeVisible();

  await card.getByRole("button", { name: "Approve get_current_time" }).click();
  const approving = page.getByRole("dialog", { name: "Approve “get_current_time”?" });
  await expect(approving).toContainText("what language models will see");
  await approving.getByRole("button", { name: "Approve", exact: true }).click();
  await expect(card.locator("[data-approval=approved]")).toBeVisible();
  await expect(page.locator("[data-mcp-tool=convert_time] [data-approval=new]")).toBeVisible();
  await page.getByRole("button", { name: "Approve all (1)" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Approve", exact: true }).click();
  await expect(page.locator("[data-approval=approved]")).toHaveCount(2);

  await card.getByRole("button", { name: "Try get_current_time" }).click();
  const trying = page.getByRole("dialog", { name: "Try get_current_time" });
  await textbox(trying, "Timezone").fill("Asia/Seoul");
  await trying.getByRole("button", { name: "Try it" }).click();
  await expect(trying.getByRole("region", { name: "Output" })).toContainText("Asia/Seoul", {
    timeout: TRY_MS,
  });
  await trying.getByRole("button", { name: "Close" }).click();

  await card.getByRole("link", { name: "Make a tool of get_current_time" }).click();
  await page.waitForURL(/\/tools\/edit\?kind=mcp/);
  await expect(page.getByLabel("MCP server")).toHaveValue("time");
  await expect(page.getByLabel("Tool of the server")).toHaveValue("get_current_time");
  await textbox(trial(page), "Timezone").fill("UTC");
  await tryIt(page, "ok");
  await expect(output(page)).toContainText("day_of_week");
  await save(page, "what time is it");
});

test("a tool that another tab saved is not overwritten unasked", async ({ page }) => {
  await ensureAccount(page);
  await signIn(page);
  const client = await api(page);
  const code = "def main():\n    return 1\n";
  const tool = await client.send<{ id: string }>("POST", "/tools", {
    name: "saved twice",
    config: { kind: "python", code },
  });
  await page.goto(url(`/tools/edit?id=${tool.id}`));
  await expect(textbox(page, "Code")).toContainText("return 1");
  await textbox(page, "Description").fill("Said by this tab");
  await client.send("PATCH", `/tools/${tool.id}`, { description: "Said elsewhere", version: 1 });
  await page.keyboard.press("Control+s");
  const dialog = page.getByRole("dialog", { name: "The tool was changed elsewhere" });
  await expect(dialog).toContainText("Said elsewhere");
  await dialog.getByRole("button", { name: "Keep mine" }).click();
  await expect(page.getByText("“saved twice” is saved.").first()).toBeVisible();
  const stored = await client.send<{ description: string }>("GET", `/tools/${tool.id}`);
  expect(stored.description).toBe("Said by this tab");
});

const KINDS = ["http", "mcp", "python", "shell", "builtin"];

test("every editor is accessible in both themes", async ({ page }) => {
  test.setTimeout(180_000);
  await ensureAccount(page);
  await signIn(page);
  for (const kind of KINDS) {
    await page.goto(url(`/tools/edit?kind=${kind}`));
    await expect(page.getByRole("tab", { name: "Configuration" })).toBeVisible();
    await page.waitForLoadState("networkidle");
    await expectAccessibleInBothThemes(page, kind);
  }
  for (const section of ["Inputs and output", "Sharing and limit", "JSON"]) {
    await page.getByRole("tab", { name: section, exact: true }).click();
    await expectAccessibleInBothThemes(page, section);
  }
  await page.goto(url("/tools/edit?kind=http"));
  for (const part of ["Headers", "Auth", "Body", "Response", "Paging", "Timeouts"]) {
    await page.getByRole("tab", { name: part }).click();
    await expectAccessibleInBothThemes(page, part);
  }
});
