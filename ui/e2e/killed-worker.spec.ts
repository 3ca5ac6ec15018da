import { api, ensureAccount, expect, node, pids, signIn, test, url } from "./pages";

const SLOW =
  "import time\n\n\ndef main(seconds):\n    print('began')\n    time.sleep(seconds)\n    return {'slept': seconds}\n";
const GRAPH = {
  name: "survives its worker",
  nodes: [
    { key: "start", type: "trigger" },
    { key: "first", type: "tool", config: { kind: "builtin", name: "date" } },
    { key: "slow", type: "tool", config: { kind: "python", code: SLOW }, inputs: { seconds: 6 } },
    { key: "last", type: "adapter", config: { output: "{{ nodes.slow.output.slept }}" } },
  ],
  edges: [
    { source: "start", target: "first" },
    { source: "first", target: "slow" },
    { source: "slow", target: "last" },
  ],
};

test("a run goes on before one's eyes when its worker is killed", async ({ page }) => {
  await ensureAccount(page);
  await signIn(page);
  const client = await api(page);
  const id = await client.workflow(GRAPH);
  await client.send("POST", `/workflows/${id}/publish`);
  const run = await client.send<{ id: string }>("POST", `/workflows/${id}/executions`, {
    input: {},
  });
  await page.goto(url(`/executions/view?id=${run.id}`));
  await expect(node(page, "slow")).toHaveAttribute("data-status", "running");
  process.kill(pids()["worker-1"] as number, "SIGKILL");
  await expect(node(page, "last")).toHaveAttribute("data-status", "completed", { timeout: 45_000 });
  await expect(node(page, "first")).toHaveAttribute("data-status", "completed");
  await node(page, "slow").click();
  const details = page.getByRole("complementary", { name: "Details of what is selected" });
  await expect(details.getByRole("region", { name: "Attempts" }).getByRole("button")).toHaveCount(
    2,
  );
});
