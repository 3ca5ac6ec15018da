import type { Locator, Page } from "@playwright/test";
import { expectAccessible } from "./accessible";
import { api, ensureAccount, expect, node, saved, signIn, test, url } from "./pages";
import { type Rule, type ScriptedModel, startModel } from "./scripted-model";

const DRAFT_MS = 90_000;

type Operation = Record<string, unknown>;

const edit = (...operations: Operation[]) => [{ name: "edit_draft", arguments: { operations } }];
const START = { op: "add_node", key: "start", type: "trigger", reason: "It begins by hand." };
const BEST = {
  op: "add_node",
  key: "best",
  type: "adapter",
  name: "Pick the best",
  config: { output: "{{ input.prices }}" },
  reason: "The text asks for the best price.",
};
const LINK = { op: "connect", source: "start", target: "best" };

/** An agent in two turns that draws a new workflow; the second comes after some seconds. */
function newRules(conversation: string, wait = 0): Rule[] {
  const named = { op: "set_details", name: `Best of ${conversation}` };
  return [
    { when: { conversation, turn: 1 }, reply: { text: "First.", tool_calls: edit(START, named) } },
    {
      when: { conversation, turn: 2 },
      reply: { text: "Then.", tool_calls: edit(BEST, LINK), slow: { first: wait } },
    },
    { when: { conversation }, reply: { text: "The draft picks the best price." } },
  ];
}

/** An agent of that name, whose model is the scripted one. */
async function makeAgent(page: Page, model: ScriptedModel, name: string): Promise<string> {
  const config = { provider: "openai_compatible", base_url: model.url, model: "scripted" };
  const client = await api(page);
  return (await client.send<{ id: string }>("POST", "/agents", { name, config })).id;
}

async function choose(dialog: Locator, agentId: string): Promise<void> {
  await dialog.getByLabel("Agent", { exact: true }).selectOption(agentId);
}

const reasons = (dialog: Locator) =>
  dialog.getByRole("list", { name: "Changes and their reasons" });
const ready = (dialog: Locator) => dialog.getByRole("heading", { name: "Decide on the draft" });
const selected = (page: Page, key: string) =>
  page.locator(".react-flow__node.selected", { has: page.locator(`[data-node="${key}"]`) });

test("a text becomes a new workflow, after a look at each reason", async ({ page }) => {
  test.setTimeout(240_000);
  const model = await startModel(newRules("fruit", 6));
  await ensureAccount(page);
  await signIn(page);
  const agent = await makeAgent(page, model, "drafts from text");
  await page.goto(url("/workflows"));
  await page.getByRole("button", { name: "New from text" }).click();
  const dialog = page.getByRole("dialog", { name: "New workflow from text" });
  await choose(dialog, agent);
  const text = dialog.getByLabel("What the workflow is to do");
  await text.fill("[conversation: fruit] Every day, say which fruit has the best price.");
  await expectAccessible(page, "what is to be drafted");
  await text.press("Control+Enter");

  await page.waitForURL(/\/workflows\?draft=/);
  await expect(dialog.getByRole("heading", { name: "The agent is drafting" })).toBeFocused();
  await expect(node(page, "start")).toBeVisible({ timeout: DRAFT_MS });
  await expect(dialog.getByText(/Turn \d · 1 node/)).toBeVisible();
  await expectAccessible(page, "an agent that drafts");

  // Who leaves finds the same draft at the same address.
  await page.reload();
  await expect(ready(dialog)).toBeVisible({ timeout: DRAFT_MS });
  await expect(ready(dialog)).toBeFocused();
  await expect(dialog).toContainText("The draft picks the best price.");
  const best = reasons(dialog).getByRole("button", { name: /Pick the best/ });
  await expect(best).toContainText("The text asks for the best price.");
  await best.click();
  await expect(selected(page, "best")).toHaveCount(1);
  await node(page, "start").click();
  await expect(best).toHaveAttribute("aria-pressed", "false");
  await expect(reasons(dialog).getByRole("button", { name: /start/ })).toHaveAttribute(
    "aria-pressed",
    "true",
  );
  await expectAccessible(page, "a draft");

  await dialog.getByRole("button", { name: "Accept and open" }).click();
  await page.waitForURL(/\/workflows\/edit\?id=/);
  await expect(node(page, "best")).toBeVisible();
  await expect(page.getByLabel("Name of the workflow").first()).toHaveValue("Best of fruit");
  await expect(page.getByText("Never published")).toBeVisible();
  await model.close();
});

test("a workflow is changed by text, in one step that undo takes back", async ({ page }) => {
  test.setTimeout(240_000);
  const conversation = "change";
  const say = {
    ...BEST,
    key: "say",
    name: "Say it",
    config: { output: "{{ nodes.first.output }}" },
    reason: "Somebody is to hear of it.",
  };
  const renamed = { op: "change_node", key: "first", name: "First of all", reason: "Clearer." };
  const link = { op: "connect", source: "first", target: "say" };
  const model = await startModel([
    { when: { conversation, turn: 1 }, reply: { tool_calls: edit(say, renamed, link) } },
    { when: { conversation }, reply: { text: "It says it now." } },
  ]);
  await ensureAccount(page);
  await signIn(page);
  const client = await api(page);
  const agent = await makeAgent(page, model, "changes by text");
  const id = await client.workflow({
    name: "changed by text",
    nodes: [
      { key: "start", type: "trigger", position: { x: 0, y: 0 } },
      { key: "first", type: "adapter", config: { output: 1 }, position: { x: 300, y: 0 } },
    ],
    edges: [{ source: "start", target: "first" }],
  });
  await page.goto(url(`/workflows/edit?id=${id}`));
  await expect(node(page, "first")).toBeVisible();
  await page.getByRole("button", { name: "Change by text" }).click();
  const dialog = page.getByRole("dialog", { name: "Change the workflow by text" });
  await choose(dialog, agent);
  await dialog
    .getByLabel("What is to be different")
    .fill(`[conversation: ${conversation}] Also say the result.`);
  await dialog.getByRole("button", { name: "Draft it" }).click();
  await expect(ready(dialog)).toBeVisible({ timeout: DRAFT_MS });
  await expect(reasons(dialog).getByRole("button")).toHaveCount(2);
  await expect(reasons(dialog).getByRole("button", { name: /First of all/ })).toContainText("name");
  await dialog.getByRole("button", { name: "Accept", exact: true }).click();
  await expect(dialog).toHaveCount(0);
  await expect(page).toHaveURL(url(`/workflows/edit?id=${id}`));
  await expect(node(page, "say")).toBeVisible();
  await expect(node(page, "first")).toContainText("First of all");
  await saved(page);
  const stored = () =>
    client.send<{ graph: { nodes: { key: string }[] } }>("GET", `/workflows/${id}/graph`);
  expect((await stored()).graph.nodes.map(({ key }) => key)).toContain("say");

  await page.locator(".react-flow__pane").click({ position: { x: 5, y: 5 } });
  await page.keyboard.press("Control+z");
  await expect(node(page, "say")).toHaveCount(0);
  await expect(node(page, "first")).not.toContainText("First of all");
  await page.keyboard.press("Control+Shift+z");
  await expect(node(page, "say")).toBeVisible();
  const { published_version } = await client.send<{ published_version: number | null }>(
    "GET",
    `/workflows/${id}`,
  );
  expect(published_version).toBeNull();
  await model.close();
});

test("an agent that drafts is stopped, and what it drew is discarded", async ({ page }) => {
  test.setTimeout(240_000);
  const model = await startModel(newRules("endless", 600));
  await ensureAccount(page);
  await signIn(page);
  const agent = await makeAgent(page, model, "is stopped");
  const client = await api(page);
  const text = "[conversation: endless] Say which fruit has the best price.";
  const { id } = await client.send<{ id: string }>("POST", "/workflows/draft", {
    text,
    agent_id: agent,
  });
  await page.goto(url(`/workflows?draft=${id}`));
  const dialog = page.getByRole("dialog", { name: "New workflow from text" });
  await expect(node(page, "start")).toBeVisible({ timeout: DRAFT_MS });
  await dialog.getByRole("button", { name: "Stop" }).click();
  await expect(ready(dialog)).toBeVisible({ timeout: DRAFT_MS });
  await expect(dialog).toContainText("The agent was stopped.");
  await dialog.getByRole("button", { name: "Discard" }).click();
  await expect(dialog).toHaveCount(0);
  await expect(page).toHaveURL(url("/workflows"));
  await expect(page.getByRole("link", { name: "Best of endless" })).toHaveCount(0);
  await model.close();
});

test("a PDF is drafted from, and a draft reads well in the dark and in Korean", async ({
  page,
}) => {
  test.setTimeout(240_000);
  const model = await startModel(newRules("paper"));
  await ensureAccount(page);
  await page.addInitScript(() => localStorage.setItem("pastetrader-theme", "dark"));
  await signIn(page);
  const agent = await makeAgent(page, model, "reads papers");
  await page.goto(url("/workflows"));
  await page.getByRole("button", { name: "New from text" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Or a file").setInputFiles({
    name: "method.pdf",
    mimeType: "application/pdf",
    buffer: onePage("[conversation: paper] Say which fruit has the best price."),
  });
  await expect(dialog.getByText("method.pdf")).toBeVisible();
  await choose(dialog, agent);
  await dialog.getByRole("button", { name: "Draft it" }).click();
  await expect(ready(dialog)).toBeVisible({ timeout: DRAFT_MS });
  await expectAccessible(page, "a draft in the dark");

  const { search } = new URL(page.url());
  await page.addInitScript(() => localStorage.setItem("pastetrader-locale", "ko"));
  await page.goto(url(`/workflows${search}`));
  await expect(page.getByRole("dialog", { name: "글로 새 워크플로 만들기" })).toBeVisible();
  await expect(dialog.getByRole("heading", { name: "초안 결정하기" })).toBeVisible();
  await expect(dialog.getByText(/^(drafts|designer|transcript|common)\.\w+/)).toHaveCount(0);
  await page.keyboard.press("Escape");
  await expect(dialog).toHaveCount(0);
  await model.close();
});

/** A PDF of one page that says this. */
function onePage(text: string): Buffer {
  const shown = `BT /F1 12 Tf 40 700 Td (${text}) Tj ET`;
  const objects = [
    "<< /Type /Catalog /Pages 2 0 R >>",
    "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
    "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
    `<< /Length ${shown.length} >>\nstream\n${shown}\nendstream`,
    "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
  ];
  let body = "%PDF-1.4\n";
  const offsets = objects.map((object, index) => {
    const at = body.length;
    body += `${index + 1} 0 obj\n${object}\nendobj\n`;
    return at;
  });
  const rows = offsets.map((at) => `${String(at).padStart(10, "0")} 00000 n \n`).join("");
  const size = objects.length + 1;
  const table = `xref\n0 ${size}\n0000000000 65535 f \n${rows}`;
  const end = `trailer\n<< /Size ${size} /Root 1 0 R >>\nstartxref\n${body.length}\n%%EOF\n`;
  return Buffer.from(body + table + end, "latin1");
}
