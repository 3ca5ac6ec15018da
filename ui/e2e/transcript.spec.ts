import type { Page } from "@playwright/test";
import { expectAccessible } from "./accessible";
import { api, ensureAccount, expect, node, signIn, test, url } from "./pages";
import { type Rule, type ScriptedModel, startModel } from "./scripted-model";

const AGENT_MS = 60_000;
const SEND_NOTE = {
  name: "send_note",
  description: "Sends a note to everybody.",
  input_schema: {
    type: "object",
    properties: { text: { type: "string" } },
    required: ["text"],
  },
  config: { kind: "python", code: "def main(text):\n    return {'sent': text}\n" },
  sensitive: true,
};

function asks(model: ScriptedModel, prompt: string, tools: unknown[] = []) {
  const provider = "openai_compatible";
  return { provider, base_url: model.url, model: "scripted", prompt, tools };
}

/** A run of a workflow in which an agent writes a note, opened; its id. */
async function writingRun(page: Page, model: ScriptedModel, conversation: string): Promise<string> {
  await ensureAccount(page);
  await signIn(page);
  const client = await api(page);
  const prompt = `[conversation: ${conversation}] Tell everybody hello.`;
  const id = await client.workflow({
    name: `writes a note (${conversation})`,
    nodes: [
      { key: "start", type: "trigger" },
      { key: "write", type: "agent", name: "Writer", config: asks(model, prompt, [SEND_NOTE]) },
    ],
    edges: [{ source: "start", target: "write" }],
  });
  await client.send("POST", `/workflows/${id}/publish`);
  const run = await client.send<{ id: string }>("POST", `/workflows/${id}/executions`, {
    input: {},
  });
  await page.goto(url(`/executions/view?id=${run.id}`));
  return run.id;
}

const details = (page: Page) =>
  page.getByRole("complementary", { name: "Details of what is selected" });
const call = (page: Page, place: string) => page.locator(`[data-call="${place}"]`);

function noteRules(conversation: string, slow: number): Rule[] {
  return [
    {
      when: { conversation, turn: 1 },
      reply: {
        text: "I am going to send a note to everybody, as I was asked to.",
        tool_calls: [{ name: "send_note", arguments: { text: "hello" } }],
        chunk: 6,
        slow: { between: slow },
      },
    },
    { when: { conversation, last: '"sent"' }, reply: { text: "The note is sent." } },
    { when: { conversation }, reply: { text: "Then I leave it." } },
  ];
}

test("what an agent's sensitive call waits for is found from the run, and decided in its node", async ({
  page,
}) => {
  test.setTimeout(180_000);
  const model = await startModel(noteRules("approved", 0));
  const parent = await writingRun(page, model, "approved");

  const banner = page.getByRole("region", { name: "Waiting for a decision" });
  await expect(banner).toContainText("1 call waits for your decision.", { timeout: AGENT_MS });
  await page.locator("[data-needs-you=write]").click();
  await expect(details(page).getByRole("heading", { name: "Writer" })).toBeVisible();
  await expect(call(page, "call_1_1")).toHaveAttribute("data-state", "waiting");
  await expectAccessible(page, "an agent's conversation in its node");

  await call(page, "call_1_1").getByRole("button", { name: "Approve" }).click();
  await expect(call(page, "call_1_1")).toHaveAttribute("data-state", "done", {
    timeout: AGENT_MS,
  });
  await expect(details(page)).toContainText("The note is sent.");
  await expect(node(page, "write")).toHaveAttribute("data-status", "completed");
  await expect(page.locator("[data-needs-you=write]")).toHaveCount(0);
  await expect(banner).toHaveCount(0);
  await expect(details(page).locator("[data-spent]").first()).toContainText("tokens");

  await details(page).getByRole("tab", { name: "Data" }).click();
  await expect(details(page).getByRole("region", { name: "Output" })).toContainText(
    "The note is sent.",
  );
  await details(page).getByRole("tab", { name: "Conversation" }).click();
  await details(page).getByRole("link", { name: "Open the agent’s run" }).click();
  await page.waitForURL((to) => !to.search.includes(parent));
  await expect(page.locator("[data-said=agent]").first()).toContainText("I am going to send");
  await expect(page.locator(".react-flow")).toHaveCount(0);
  const timeline = page.getByRole("list", { name: "Timeline" });
  await timeline.getByRole("button").filter({ hasText: "send_note" }).last().click();
  await expect(details(page).getByRole("region", { name: "Output" })).toContainText("hello");
  await expectAccessible(page, "an agent's run");

  await page.getByRole("link", { name: "Back to the run it belongs to" }).click();
  await page.waitForURL(`**/executions/view?id=${parent}&node=write`);
  await expect(details(page).getByRole("heading", { name: "Writer" })).toBeVisible();
  await expect(details(page)).toContainText("The note is sent.");
  await model.close();
});

test("an answer is shown while it is said, and the model is told of a rejection", async ({
  page,
}) => {
  test.setTimeout(180_000);
  await page.addInitScript(() => localStorage.setItem("pastetrader-theme", "dark"));
  const model = await startModel(noteRules("rejected", 0.7));
  await writingRun(page, model, "rejected");
  await node(page, "write").click();
  const saying = page.locator("[data-turn=turn_1][aria-busy=true]");
  await expect(saying).toContainText("I am going", { timeout: AGENT_MS });
  await expect(page.locator("[data-turn=turn_1]")).toContainText("as I was asked to.", {
    timeout: AGENT_MS,
  });
  await expect(call(page, "call_1_1")).toHaveAttribute("data-state", "waiting");
  await expectAccessible(page, "an approval in the dark");
  await call(page, "call_1_1").getByLabel("Comment").fill("not before noon");
  await call(page, "call_1_1").getByRole("button", { name: "Reject" }).click();
  await expect(call(page, "call_1_1").locator("[data-approval=rejected]")).toContainText(
    "not before noon",
  );
  await expect(details(page)).toContainText("Then I leave it.", { timeout: AGENT_MS });
  expect(await model.asked()).toContain("not before noon");
  await expect(node(page, "write")).toHaveAttribute("data-status", "completed");
  await model.close();
});

test("of an agent in several passes each has its own conversation to choose", async ({ page }) => {
  test.setTimeout(180_000);
  const model = await startModel([
    { when: { any: "about apples" }, reply: { text: "Apples are red." } },
    { when: { any: "about lemons" }, reply: { text: "Lemons are yellow." } },
  ]);
  await ensureAccount(page);
  await signIn(page);
  const client = await api(page);
  const id = await client.workflow({
    name: "asks about each",
    nodes: [
      { key: "start", type: "trigger" },
      { key: "each", type: "parallel", config: { items: ["apples", "lemons"] } },
      { key: "ask", type: "agent", parent: "each", config: asks(model, "about {{ item }}") },
    ],
    edges: [{ source: "start", target: "each" }],
  });
  await client.send("POST", `/workflows/${id}/publish`);
  const run = await client.send<{ id: string }>("POST", `/workflows/${id}/executions`, {
    input: {},
  });
  await page.goto(url(`/executions/view?id=${run.id}`));
  await expect(node(page, "each")).toHaveAttribute("data-status", "completed", {
    timeout: AGENT_MS,
  });
  await node(page, "ask").click();
  const pass = details(page).getByRole("combobox", { name: "Pass" });
  await pass.selectOption("0");
  await expect(details(page)).toContainText("Apples are red.");
  await pass.selectOption("1");
  await expect(details(page)).toContainText("Lemons are yellow.");
  await expect(details(page)).not.toContainText("Apples are red.");
  const runs = details(page).getByRole("combobox", { name: "Run", exact: true });
  await expect(runs.getByRole("option")).toHaveCount(2);
  await runs.selectOption({ label: "[0] #1 · Completed" });
  await expect(details(page)).toContainText("Apples are red.");
  await expect(pass).toHaveValue("0");
  await model.close();
});

test("a sub-workflow leads to its run, and back", async ({ page }) => {
  await ensureAccount(page);
  await signIn(page);
  const client = await api(page);
  const below = await client.workflow({
    name: "runs below",
    nodes: [
      { key: "start", type: "trigger" },
      { key: "said", type: "adapter", config: { output: 1 } },
    ],
    edges: [{ source: "start", target: "said" }],
  });
  const { name } = await client.send<{ name: string }>("GET", `/workflows/${below}`);
  await client.send("POST", `/workflows/${below}/publish`);
  const id = await client.workflow({
    name: "calls another",
    nodes: [
      { key: "start", type: "trigger" },
      { key: "other", type: "workflow", config: { workflow: name } },
    ],
    edges: [{ source: "start", target: "other" }],
  });
  await client.send("POST", `/workflows/${id}/publish`);
  const run = await client.send<{ id: string }>("POST", `/workflows/${id}/executions`, {
    input: {},
  });
  await page.goto(url(`/executions/view?id=${run.id}`));
  await expect(node(page, "other")).toHaveAttribute("data-status", "completed");
  await node(page, "other").click();
  await details(page).getByRole("link", { name: "Open the run of the workflow" }).click();
  await expect(node(page, "said")).toHaveAttribute("data-status", "completed");
  await page.getByRole("link", { name: "Back to the run it belongs to" }).click();
  await expect(node(page, "other")).toBeVisible();
  await expect(details(page).getByRole("heading", { name: "other" })).toBeVisible();
});
