import type { Locator, Page } from "@playwright/test";
import { expectAccessible, expectAccessibleInBothThemes } from "./accessible";
import { api, ensureAccount, expect, node, saved, signIn, test, url } from "./pages";
import { type Rule, type ScriptedModel, startModel } from "./scripted-model";

const ANSWER_MS = 60_000;
const LONG = "The market is calm today, and nothing speaks against a small order.";

/** Talks slowly, looks up prices, and places orders when it is told to. */
const RULES: Rule[] = [
  {
    when: { last: "How is the market" },
    reply: { text: LONG, chunk: 5, slow: { between: 0.4 } },
  },
  {
    when: { last: "What is the price" },
    reply: {
      text: "Let me look.",
      tool_calls: [{ name: "price_of", arguments: { symbol: "MSFT" } }],
    },
  },
  { when: { tool: "price_of" }, reply: { text: "MSFT is at 42." } },
  {
    when: { last: "Buy one" },
    reply: { tool_calls: [{ name: "place_order", arguments: { symbol: "MSFT", amount: 1 } }] },
  },
  { when: { tool: "place_order" }, reply: { text: "The order is done with." } },
  { when: { last: "Take your time" }, reply: { text: "Late.", slow: { first: 120 } } },
];

const talk = (page: Page) => page.getByRole("region", { name: "Talk to it" });
const answers = (page: Page) => talk(page).locator("[data-said=agent]");

function textbox(within: Page | Locator, name: string): Locator {
  return within.getByRole("textbox", { name, exact: true });
}

async function say(page: Page, text: string): Promise<void> {
  await textbox(talk(page), "Message").fill(text);
  await page.keyboard.press("Enter");
}

interface Made {
  id: string;
  name: string;
}

/** The tools that the agent is given, registered. */
async function makeTools(page: Page): Promise<void> {
  const client = await api(page);
  const symbol = { symbol: { type: "string" } };
  await client.send<Made>("POST", "/tools", {
    name: "price of",
    description: "Tells a price",
    config: { kind: "python", code: "def main(symbol):\n    return {symbol: 42}\n" },
    input_schema: { type: "object", properties: symbol, required: ["symbol"] },
  });
  await client.send<Made>("POST", "/tools", {
    name: "place order",
    description: "Buys something",
    config: { kind: "python", code: "def main(symbol, amount):\n    return {'bought': amount}\n" },
    input_schema: { type: "object", properties: { ...symbol, amount: { type: "number" } } },
  });
}

async function makeAgent(page: Page, model: ScriptedModel, name: string, more = {}): Promise<Made> {
  const config = { provider: "openai_compatible", base_url: model.url, model: "scripted", ...more };
  return (await api(page)).send<Made>("POST", "/agents", { name, config });
}

/** Choose a registered tool for the agent that is being edited. */
async function addTool(page: Page, tool: string, name: string): Promise<void> {
  await page.getByRole("button", { name: "Add a tool" }).click();
  await page.getByRole("menuitem", { name: "Registered tool" }).click();
  await page.getByLabel("Registered tool").selectOption(tool);
  await expect(page.getByLabel("Name for the model")).toHaveValue(name);
}

test("an agent is made, talks, looks things up, and asks before it orders", async ({ page }) => {
  test.setTimeout(300_000);
  const model = await startModel(RULES);
  await ensureAccount(page);
  await signIn(page, "/agents");
  await makeTools(page);
  await page.getByRole("link", { name: "New agent" }).click();
  await page.waitForURL(/\/agents\/edit$/);
  await textbox(page, "Name").fill("broker");
  await page.getByLabel("Provider").selectOption("openai_compatible");
  await page.getByRole("combobox", { name: "Model" }).fill("scripted");
  await textbox(page, "Server address").fill(model.url);
  await page.getByRole("tab", { name: "Tools" }).click();
  await addTool(page, "price of", "price_of");
  await addTool(page, "place order", "place_order");
  await page.getByLabel("Ask a person first").check();
  await expect(page.getByLabel("Hours to decide")).toHaveValue("168");
  await page.keyboard.press("Control+s");
  await expect(page.getByText("“broker” is saved.").first()).toBeVisible();
  await page.waitForURL(/\/agents\/edit\?id=/);
  await expect(page.locator("[data-unsaved]")).toHaveCount(0);

  await say(page, "How is the market?");
  await page.waitForURL(/conversation=/);
  const saying = talk(page).locator("[data-turn=turn_1][aria-busy=true]");
  await expect(saying).toContainText("The market", { timeout: ANSWER_MS });
  await expect(talk(page).getByRole("button", { name: "Stop" })).toBeVisible();
  await expect(answers(page).last()).toContainText(LONG, { timeout: ANSWER_MS });
  await expect(saying).toHaveCount(0);
  await expect(talk(page).locator("[data-announced]")).toHaveText(LONG);
  await expect(answers(page).last().locator("[data-spent]")).toContainText("tokens in");
  await expect(textbox(talk(page), "Message")).toBeFocused();

  await say(page, "What is the price of MSFT?");
  await expect(answers(page).last()).toContainText("MSFT is at 42.", { timeout: ANSWER_MS });
  const looked = talk(page).locator("[data-call=call_2_1]");
  await expect(looked).toHaveAttribute("data-state", "done");
  await looked.locator("summary").click();
  await expect(looked.getByRole("region", { name: "Arguments" })).toContainText("symbol: MSFT");
  await expect(looked.getByRole("region", { name: "Result" })).toContainText("MSFT: 42");

  await say(page, "Buy one of it");
  const order = talk(page).locator("[data-call=call_4_1]");
  await expect(order).toHaveAttribute("data-state", "waiting", { timeout: ANSWER_MS });
  await expect(talk(page).locator("[data-announced]")).toContainText("place_order waits");
  await expectAccessible(page, "an approval in a conversation");
  await order.getByLabel("Comment").fill("only one");
  await order.getByRole("button", { name: "Approve" }).click();
  await expect(order.locator("[data-approval=approved]")).toContainText("only one");
  await expect(answers(page).last()).toContainText("The order is done with.", {
    timeout: ANSWER_MS,
  });
  await expect(order).toHaveAttribute("data-state", "done");

  await page.reload();
  await expect(answers(page)).toHaveCount(5);
  await expect(talk(page)).toContainText("How is the market?");
  await expect(talk(page)).toContainText(LONG);
  await expect(order).toHaveAttribute("data-state", "done");
  await expect(order.locator("[data-approval=approved]")).toContainText("only one");
  await expect(looked).toHaveAttribute("data-state", "done");

  await talk(page).getByRole("button", { name: "End the conversation" }).click();
  await expect(talk(page)).toContainText("This conversation has ended.");
  await talk(page).getByRole("button", { name: "Conversations" }).click();
  const list = talk(page).getByRole("list", { name: "Conversations" });
  await expect(list.getByRole("button")).toHaveCount(1);
  await expect(list.getByRole("button")).toContainText("How is the market?");
  await model.close();
});

test("an agent that is stopped has ended; what a model refuses says what to do", async ({
  page,
}) => {
  test.setTimeout(180_000);
  const model = await startModel(RULES);
  await ensureAccount(page);
  await signIn(page);
  const slow = await makeAgent(page, model, "slow one");
  await page.goto(url(`/agents/edit?id=${slow.id}`));
  await say(page, "Take your time");
  await talk(page).getByRole("button", { name: "Stop" }).click({ timeout: ANSWER_MS });
  await expect(talk(page).locator("[data-status=cancelled]")).toBeVisible({ timeout: ANSWER_MS });
  await expect(talk(page)).toContainText("This conversation has ended.");
  const first = new URL(page.url()).searchParams.get("conversation");
  await textbox(talk(page), "Message").fill("How is the");
  await page.keyboard.press("Shift+Enter");
  await page.keyboard.insertText("market?");
  await expect(textbox(talk(page), "Message")).toHaveValue("How is the\nmarket?");
  await page.keyboard.press("Enter");
  await page.waitForURL((to) => ![null, first].includes(to.searchParams.get("conversation")));
  await expect(talk(page)).toContainText("How is the");
  await expect(answers(page).last()).toContainText("Done.", { timeout: ANSWER_MS });

  const nowhere = { base_url: `${model.url}/nowhere` };
  const lost = await makeAgent(page, model, "lost one", nowhere);
  await page.goto(url(`/agents/edit?id=${lost.id}`));
  await say(page, "Are you there?");
  const failed = talk(page).getByRole("alert");
  await expect(failed).toBeVisible({ timeout: ANSWER_MS });
  await expect(failed).toContainText("Check");
  await model.close();
});

test("agents are found, duplicated, and kept while another one calls them", async ({ page }) => {
  const model = await startModel(RULES);
  await ensureAccount(page);
  await signIn(page);
  await makeAgent(page, model, "the helped");
  await makeAgent(page, model, "the helper", {
    tools: [{ name: "ask", agent: "the helped", description: "Asks it" }],
  });
  await page.goto(url("/agents"));
  await page.getByLabel("Search").fill("the help");
  await expect(page.getByRole("row")).toHaveCount(3);
  await page.getByRole("button", { name: "Delete the helped" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete", exact: true }).click();
  const users = page.getByRole("list", { name: "Used by" });
  await expect(users.getByRole("link", { name: "the helper" })).toBeVisible();
  await page.getByRole("button", { name: "Duplicate the helper" }).click();
  await page.waitForURL(/copy=/);
  await expect(textbox(page, "Name")).toHaveValue("the helper (2)");
  await page.getByRole("tab", { name: "Tools" }).click();
  await expect(page.locator("[data-agent-tool=ask]")).toContainText("Another agent");
  await model.close();
});

test("an agent that another tab saved is not overwritten unasked", async ({ page }) => {
  const model = await startModel(RULES);
  await ensureAccount(page);
  await signIn(page);
  const { id } = await makeAgent(page, model, "changed twice");
  await page.goto(url(`/agents/edit?id=${id}`));
  await textbox(page, "Description").fill("Said by this tab");
  const client = await api(page);
  await client.send("PATCH", `/agents/${id}`, { description: "Said elsewhere", version: 1 });
  await page.keyboard.press("Control+s");
  const dialog = page.getByRole("dialog", { name: "The agent was changed elsewhere" });
  await expect(dialog).toContainText("Said elsewhere");
  await dialog.getByRole("button", { name: "Keep mine" }).click();
  await expect(page.getByText("“changed twice” is saved.").first()).toBeVisible();
  const stored = await client.send<{ description: string }>("GET", `/agents/${id}`);
  expect(stored.description).toBe("Said by this tab");
  await model.close();
});

test("a node runs a registered agent, and its own becomes a registered one", async ({ page }) => {
  test.setTimeout(180_000);
  const model = await startModel(RULES);
  await ensureAccount(page);
  await signIn(page);
  await makeAgent(page, model, "for nodes");
  const client = await api(page);
  const id = await client.workflow({
    name: "asks an agent",
    nodes: [
      { key: "start", type: "trigger", position: { x: 0, y: 0 } },
      {
        key: "ask",
        type: "agent",
        name: "Own agent",
        position: { x: 300, y: 0 },
        config: {
          provider: "openai_compatible",
          base_url: model.url,
          model: "scripted",
          prompt: "Say something",
        },
      },
    ],
    edges: [{ source: "start", target: "ask" }],
  });
  await page.goto(url(`/workflows/edit?id=${id}`));
  await node(page, "ask").click();
  const inspector = page.getByRole("complementary", { name: "Settings of what is selected" });
  await expect(textbox(inspector, "What it is to do")).toContainText("Say something");
  await expectAccessible(page, "an agent of a node's own");
  await inspector.getByRole("button", { name: "Save as an agent of its own" }).click();
  await expect(inspector.getByLabel("Agent", { exact: true })).toHaveValue("Own agent");
  await expect(textbox(inspector, "What it is to do")).toContainText("Say something");
  await inspector.getByLabel("Agent", { exact: true }).selectOption("for nodes");
  await saved(page);
  await client.send("POST", `/workflows/${id}/publish`);
  const run = await client.send<{ id: string }>("POST", `/workflows/${id}/executions`, {
    input: {},
  });
  await page.goto(url(`/executions/view?id=${run.id}`));
  await expect(node(page, "ask")).toHaveAttribute("data-status", "completed", {
    timeout: ANSWER_MS,
  });
  await model.close();
});

test("the rooms of agents are accessible in both themes", async ({ page }) => {
  test.setTimeout(180_000);
  await ensureAccount(page);
  await signIn(page);
  const { id } = await (await api(page)).send<Made>("POST", "/agents", {
    name: "looked at in both themes",
    config: {
      provider: "anthropic",
      model: "any",
      tools: [
        { name: "now", config: { kind: "builtin", name: "date" }, sensitive: true },
        { name: "sum", config: { kind: "python", code: "def main(a):\n    return a\n" } },
      ],
    },
  });
  await page.goto(url("/agents"));
  await expect(page.getByRole("row")).not.toHaveCount(0);
  await expectAccessibleInBothThemes(page, "agents");
  await page.goto(url("/agents/edit"));
  await expect(page.getByText("Save the agent to talk to it.")).toBeVisible();
  await expectAccessibleInBothThemes(page, "a new agent");
  await page.goto(url(`/agents/edit?id=${id}`));
  await page.waitForLoadState("networkidle");
  for (const section of ["Model", "Tools", "Answers and memory", "Budgets and sharing", "JSON"]) {
    await page.getByRole("tab", { name: section }).click();
    await expectAccessibleInBothThemes(page, section);
  }
  await page.getByRole("tab", { name: "Tools" }).click();
  for (const name of ["now", "sum"]) {
    const card = page.locator(`[data-agent-tool=${name}]`);
    await card.getByRole("button", { name: new RegExp(`^${name}`) }).click();
    await expectAccessibleInBothThemes(page, `tool ${name}`);
  }
});

test("the rooms of agents are in Korean too", async ({ page }) => {
  await ensureAccount(page);
  await signIn(page);
  await page.evaluate(() => localStorage.setItem("pastetrader-locale", "ko"));
  await page.goto(url("/agents"));
  await expect(page.getByRole("heading", { level: 1, name: "에이전트" })).toBeVisible();
  await page.getByRole("link", { name: "새 에이전트" }).click();
  await expect(page.getByRole("heading", { name: "대화해 보기" })).toBeVisible();
});
