import { screen } from "@testing-library/react";
import { expect, it } from "vitest";
import type { Schemas } from "@/lib/api/client";
import { show } from "@/test/world";
import { Runs } from "./runs";

const run = (id: string, workflow_name: string | null, agent_name: string | null) =>
  ({
    id,
    workflow_name,
    agent_name,
    status: "completed",
    created_at: "2026-01-01T00:00:00Z",
    error: null,
  }) as Schemas["ExecutionOut"];

it("a run is called as its workflow, else as its agent, and always leads to its view", () => {
  show(
    <Runs
      none="Nothing"
      runs={[run("a", "Notes", "writer"), run("b", null, "trader"), run("c", null, null)]}
    />,
  );
  const links = screen.getAllByRole("link");
  expect(links.map((link) => [link.textContent, link.getAttribute("href")])).toEqual([
    ["Notes", "/executions/view?id=a"],
    ["trader", "/executions/view?id=b"],
    ["Without a workflow", "/executions/view?id=c"],
  ]);
});
