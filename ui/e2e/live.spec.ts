import { expectAccessible } from "./accessible";
import { api, ensureAccount, expect, node, signIn, test, url } from "./pages";

test("a failed node says what to do, and the run can begin again from it", async ({ page }) => {
  await ensureAccount(page);
  await signIn(page);
  const client = await api(page);
  const nodes = [
    { key: "start", type: "trigger" },
    {
      key: "broken",
      type: "tool",
      config: { kind: "python", code: "def main():\n    raise ValueError('no luck')\n" },
      retry: { max_attempts: 1 },
    },
  ];
  const id = await client.workflow({
    name: "fails",
    nodes,
    edges: [{ source: "start", target: "broken" }],
  });
  await client.send("POST", `/workflows/${id}/publish`);
  const run = await client.send<{ id: string }>("POST", `/workflows/${id}/executions`, {
    input: {},
  });
  await page.goto(url(`/executions/view?id=${run.id}`));
  await expect(node(page, "broken")).toHaveAttribute("data-status", "failed");
  await node(page, "broken").click();
  const details = page.getByRole("complementary", { name: "Details of what is selected" });
  await expect(details.getByRole("alert")).toContainText("no luck");
  await expect(details.getByRole("alert")).toContainText("run again from here");
  await page.getByRole("button", { name: "Run again" }).click();
  await expect(page.getByRole("dialog").getByLabel("From")).toHaveValue("broken");
  await page.getByRole("dialog").getByRole("button", { name: "Run again" }).click();
  await page.waitForURL((to) => !to.search.includes(run.id));
  await expect(node(page, "broken")).toHaveAttribute("data-status", "failed");
});

test("a run is paused, begins nothing, and goes on", async ({ page }) => {
  await ensureAccount(page);
  await signIn(page);
  const client = await api(page);
  const id = await client.workflow({
    name: "pauses",
    nodes: [
      { key: "start", type: "trigger" },
      { key: "wait", type: "delay", config: { seconds: 4 } },
      { key: "after", type: "adapter", config: { output: "done" } },
    ],
    edges: [
      { source: "start", target: "wait" },
      { source: "wait", target: "after" },
    ],
  });
  await client.send("POST", `/workflows/${id}/publish`);
  const run = await client.send<{ id: string }>("POST", `/workflows/${id}/executions`, {
    input: {},
  });
  await page.goto(url(`/executions/view?id=${run.id}`));
  await page.getByRole("button", { name: "Pause" }).click();
  await expect(page.getByRole("button", { name: "Resume" })).toBeVisible();
  await expect(node(page, "wait")).toHaveAttribute("data-status", "completed");
  await expect(node(page, "after")).not.toHaveAttribute("data-status", "completed");
  await page.getByRole("button", { name: "Resume" }).click();
  await expect(node(page, "after")).toHaveAttribute("data-status", "completed");
  await expect(page.getByRole("button", { name: "Run again" })).toBeVisible();
});

test("a run waits for a person, who fills in a form", async ({ page }) => {
  await ensureAccount(page);
  await signIn(page);
  const client = await api(page);
  const form = {
    type: "object",
    required: ["shares"],
    properties: { shares: { type: "integer", title: "Shares" } },
  };
  const id = await client.workflow({
    name: "asks",
    nodes: [
      { key: "start", type: "trigger" },
      { key: "review", type: "approval", config: { message: "How many shares?", form } },
      {
        key: "plan",
        type: "adapter",
        config: { output: "{{ nodes.review.output.form.shares }}" },
      },
    ],
    edges: [
      { source: "start", target: "review" },
      { source: "review", target: "plan" },
    ],
  });
  await client.send("POST", `/workflows/${id}/publish`);
  const run = await client.send<{ id: string }>("POST", `/workflows/${id}/executions`, {
    input: {},
  });
  await page.goto(url(`/executions/view?id=${run.id}`));
  await page.locator("[data-needs-you=review]").click();
  const card = page.locator("[data-approval=pending]");
  await expect(card).toContainText("How many shares?");
  await card.getByLabel("Shares").fill("12");
  await expectAccessible(page, "a run that waits for a person");
  await card.getByRole("button", { name: "Approve" }).click();
  await expect(node(page, "plan")).toHaveAttribute("data-status", "completed");
  await expect(page.getByRole("button", { name: "Run again" })).toBeVisible();
  await node(page, "plan").click();
  await expect(
    page.getByRole("complementary", { name: "Details of what is selected" }),
  ).toContainText("12");
});
