import { resolve } from "node:path";
import type { Page } from "@playwright/test";
import { document, input } from "./flagship";
import { api, ensureAccount, expect, node, signIn, test, url } from "./pages";
import { type Rule, type ScriptedModel, startModel } from "./scripted-model";

const FOLDER = resolve(import.meta.dirname, "../../docs/images");
const ANSWER_MS = 90_000;

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

const SYMBOL = { symbol: { type: "string" } };
const TOOLS = [
  {
    name: "prices",
    description: "Monthly closing prices of a share.",
    config: { kind: "builtin", name: "dataset", options: { name: "stocks" } },
    input_schema: { type: "object", properties: SYMBOL, required: ["symbol"] },
  },
  {
    name: "place_order",
    description: "Buys shares.",
    config: {
      kind: "python",
      code: "def main(symbol, shares):\n    return {'symbol': symbol, 'ordered': shares}\n",
    },
    input_schema: { type: "object", properties: { ...SYMBOL, shares: { type: "integer" } } },
    sensitive: true,
  },
];
const COMPARED = `Between January and November 2007:

| share | January | November | gain |
|---|--:|--:|--:|
| AAPL | 85.73 | 182.22 | **+112.6 %** |
| MSFT | 29.07 | 32.09 | +10.4 % |
| IBM | 93.79 | 100.90 | +7.6 % |

**AAPL** gained most, and more than both others together.`;
const TALK: Rule[] = [
  {
    when: { last: "Which gained" },
    reply: {
      tool_calls: ["AAPL", "MSFT", "IBM"].map((symbol) => ({
        name: "prices",
        arguments: { symbol },
      })),
    },
  },
  { when: { tool: "prices" }, reply: { text: COMPARED } },
  {
    when: { last: "Buy ten" },
    reply: {
      text: "I order ten shares of AAPL, once you approve.",
      tool_calls: [{ name: "place_order", arguments: { symbol: "AAPL", shares: 10 } }],
    },
  },
];

async function makeAgent(page: Page, model: ScriptedModel, name: string, more = {}) {
  const config = { provider: "openai_compatible", base_url: model.url, model: "scripted", ...more };
  return (await api(page)).send<{ id: string }>("POST", "/agents", { name, config });
}

test("picture of a conversation @screenshots", async ({ page }) => {
  test.setTimeout(240_000);
  const model = await startModel(TALK);
  await ensureAccount(page);
  await signIn(page);
  const { id } = await makeAgent(page, model, "analyst", {
    system: "You compare shares, and buy what you are told to.",
    tools: TOOLS,
  });
  await page.goto(url(`/agents/edit?id=${id}`));
  await page.getByRole("tab", { name: "Tools" }).click();
  const talk = page.getByRole("region", { name: "Talk to it" });
  const message = talk.getByRole("textbox", { name: "Message", exact: true });
  await message.fill("Which gained most in 2007: AAPL, MSFT or IBM?");
  await page.keyboard.press("Enter");
  await expect(talk.getByRole("table")).toBeVisible({ timeout: ANSWER_MS });
  await message.fill("Buy ten of it");
  await page.keyboard.press("Enter");
  await expect(talk.getByRole("button", { name: "Approve" })).toBeVisible({ timeout: ANSWER_MS });
  await page.waitForTimeout(1_000);
  await page.screenshot({ path: `${FOLDER}/agents.png` });
  await model.close();
});

/** Another rule, and what is to buy apart from the rest. */
const CHANGES = [
  { op: "set_details", variables: { buy_below: 25, sell_above: 75 } },
  {
    op: "change_node",
    key: "rule",
    name: "Below 25, above 75?",
    reason: "The text moves the limits to 25 and 75.",
  },
  {
    op: "add_node",
    key: "buys",
    type: "adapter",
    name: "What is to buy",
    config: { output: "{{ nodes.verdicts.output.rows | selectattr('verdict', '==', 'buy') }}" },
    reason: "“Tell me only what to buy”: the rows whose verdict is buy.",
  },
  { op: "connect", source: "verdicts", target: "buys" },
];

test("picture of a draft @screenshots", async ({ page }) => {
  test.setTimeout(240_000);
  const model = await startModel([
    {
      when: { turn: 1 },
      reply: { tool_calls: [{ name: "edit_draft", arguments: { operations: CHANGES } }] },
    },
    {
      when: {},
      reply: { text: "The limits are **25** and **75** now, and what is to buy stands apart." },
    },
  ]);
  await ensureAccount(page);
  await signIn(page);
  const client = await api(page);
  const agent = await makeAgent(page, model, "drafter");
  const workflow = await client.workflow(document as unknown as Record<string, unknown>);
  const { id } = await client.send<{ id: string }>("POST", "/workflows/draft", {
    text: "Buy below 25, sell above 75. Tell me only what to buy.",
    agent_id: agent.id,
    workflow_id: workflow,
  });
  await page.goto(url(`/workflows/edit?id=${workflow}&draft=${id}`));
  const dialog = page.getByRole("dialog", { name: "Change the workflow by text" });
  await expect(dialog.getByRole("heading", { name: "Decide on the draft" })).toBeVisible({
    timeout: ANSWER_MS,
  });
  const reasons = dialog.getByRole("list", { name: "Changes and their reasons" });
  await reasons.getByRole("button", { name: /What is to buy/ }).click();
  await page.waitForTimeout(1_000);
  await page.screenshot({ path: `${FOLDER}/draft.png` });
  await model.close();
});

const WEEKDAYS = {
  type: "schedule",
  schedule_type: "cron",
  cron: "30 17 * * mon-fri",
  time_zone: "America/New_York",
  input: { symbols: ["AAPL", "MSFT", "IBM"] },
};

test("picture of a schedule @screenshots", async ({ page }) => {
  await ensureAccount(page);
  await signIn(page);
  const client = await api(page);
  const workflow = await client.workflow(document as unknown as Record<string, unknown>);
  await client.send("POST", `/workflows/${workflow}/publish`);
  const { id } = await client.send<{ id: string }>("POST", "/triggers", {
    workflow_id: workflow,
    name: "After the close",
    config: WEEKDAYS,
  });
  await page.goto(url(`/triggers/edit?id=${id}`));
  await expect(page.locator("[aria-labelledby=next-firings] li").first()).toBeVisible();
  await page.waitForTimeout(1_000);
  await page.screenshot({ path: `${FOLDER}/triggers.png` });
});

test("picture of the approvals @screenshots", async ({ page }) => {
  await ensureAccount(page);
  await signIn(page);
  const client = await api(page);
  const form = {
    type: "object",
    required: ["shares"],
    properties: { shares: { type: "integer", title: "Shares", minimum: 1 } },
  };
  const id = await client.workflow({
    name: "weekly orders",
    nodes: [
      { key: "start", type: "trigger" },
      {
        key: "review",
        type: "approval",
        name: "Review the order",
        inputs: { symbol: "AAPL", rsi: 24.8 },
        config: {
          message: "AAPL is below 25. How many shares are to be bought?",
          form,
          assignees: ["role:admin", "risk@example.org"],
          required: 2,
          approval_seconds: 86_400,
        },
      },
    ],
    edges: [{ source: "start", target: "review" }],
  });
  await client.send("POST", `/workflows/${id}/publish`);
  await client.send("POST", `/workflows/${id}/executions`, { input: {} });
  await page.goto(url("/approvals"));
  await expect(page.getByRole("article", { name: /Review the order/ })).toBeVisible();
  await page.waitForTimeout(1_000);
  await page.screenshot({ path: `${FOLDER}/approvals.png` });
});
