import { expectAccessible } from "./accessible";
import { api, ensureAccount, expect, node, signIn, test, url } from "./pages";

const RUN_MS = 45_000;
/** A tool that no server answers, once. */
const NOBODY = {
  type: "tool",
  config: { kind: "http", url: "http://127.0.0.1:9/" },
  retry: { max_attempts: 1 },
};

test("what a failed run did is undone before one's eyes", async ({ page }) => {
  await ensureAccount(page);
  await signIn(page);
  const client = await api(page);
  const log = (message: string) => ({
    type: "tool",
    config: { kind: "builtin", name: "log" },
    inputs: { message },
  });
  const id = await client.workflow({
    name: "is undone",
    nodes: [
      { key: "start", type: "trigger" },
      { key: "reserve", ...log("reserved"), compensation: "free" },
      { key: "free", ...log("freed") },
      { key: "deliver", ...NOBODY },
    ],
    edges: [
      { source: "start", target: "reserve" },
      { source: "reserve", target: "deliver" },
    ],
  });
  await client.send("POST", `/workflows/${id}/publish`);
  const run = await client.send<{ id: string }>("POST", `/workflows/${id}/executions`, {
    input: {},
  });
  await page.goto(url(`/executions/view?id=${run.id}`));
  await expect(node(page, "deliver")).toHaveAttribute("data-status", "failed", { timeout: RUN_MS });
  await expect(node(page, "free")).toHaveAttribute("data-status", "completed", { timeout: RUN_MS });
  await expect(node(page, "reserve").getByText("undone", { exact: true })).toBeVisible();
  await node(page, "reserve").click();
  const details = page.getByRole("complementary", { name: "Details of what is selected" });
  await expect(details.getByText("Undone by “free”:")).toBeVisible();
  await expectAccessible(page, "a run that was undone");
});

test("one pass begins anew with other inputs, after its effects were named", async ({ page }) => {
  await ensureAccount(page);
  await signIn(page);
  const client = await api(page);
  const id = await client.workflow({
    name: "begins anew",
    output: "{{ nodes.each.output }}",
    nodes: [
      { key: "start", type: "trigger" },
      { key: "each", type: "parallel", config: { items: [1, 2, 3] } },
      {
        key: "value",
        type: "condition",
        parent: "each",
        inputs: { n: "{{ item }}" },
        config: { branches: [{ handle: "go", when: "{{ true }}" }] },
      },
      { key: "call", parent: "each", ...NOBODY, on_error: "continue" },
      {
        key: "tens",
        type: "adapter",
        parent: "each",
        config: { output: "{{ nodes.value.output.n * 10 }}" },
      },
    ],
    edges: [
      { source: "start", target: "each" },
      { source: "value", target: "call", source_handle: "go" },
      { source: "call", target: "tens" },
    ],
  });
  await client.send("POST", `/workflows/${id}/publish`);
  const run = await client.send<{ id: string }>("POST", `/workflows/${id}/executions`, {
    input: {},
  });
  await page.goto(url(`/executions/view?id=${run.id}`));
  await page.getByRole("button", { name: "Run again" }).click({ timeout: RUN_MS });
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("From").selectOption("value");
  await dialog.getByLabel("Pass").selectOption("1");
  await expect(dialog.getByText("call (once so far)")).toBeVisible();
  await dialog.getByRole("checkbox", { name: "Change the inputs of this node" }).check();
  await dialog.getByRole("textbox", { name: "Change the inputs of this node" }).click();
  await page.keyboard.press("Control+a");
  await page.keyboard.insertText('{"n": 7}');
  await expectAccessible(page, "running again");
  await dialog.getByRole("button", { name: "Run again" }).click();
  await page.waitForURL((now) => !now.href.includes(run.id));
  const again = new URL(page.url()).searchParams.get("id");
  const output = async () =>
    (await client.send<{ output: unknown }>("GET", `/executions/${again}`)).output;
  await expect.poll(output, { timeout: RUN_MS }).toEqual([10, 70, 30]);
});
