import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import { useState } from "react";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Approval, NodeRun } from "@/lib/api/events";
import { type Call as Asked, serve, show, signInAs } from "@/test/world";
import { CallView } from "./call";
import type { Call } from "./entries";

const APPROVAL = {
  id: "p1",
  execution_id: "below",
  parent_execution_id: "above",
  node_key: "call_1_1",
  path: "",
  title: "send_mail",
  request: { tool: "send_mail", arguments: { to: "all@example.com" } },
  status: "pending",
  assignees: [],
  required: 1,
  can_decide: true,
  decisions: [],
  reminded_at: null,
  comment: null,
  decided_by_email: null,
  decided_at: null,
  expires_at: null,
  created_at: "2026-01-01T00:00:00Z",
} as unknown as Approval;
const ROW = { node_key: "call_2_1", node_type: "agent", status: "running" } as NodeRun;
const CALL: Call = {
  key: "call_2_1",
  name: "ask_helper",
  arguments: { text: "Write to all" },
  result: undefined,
  state: "running",
  approval: undefined,
  row: ROW,
  above: "above",
};

interface World {
  /** Runs below the one that is looked at. */
  runs: unknown[];
  pending: Approval[];
}

function serving(world: World): Asked[] {
  return serve(({ method, path }) => {
    if (path.startsWith("/api/v1/executions?")) return { items: world.runs, next_cursor: null };
    if (method === "POST") {
      world.pending = [];
      return { ...APPROVAL, status: "approved", decided_by_email: "a@example.com" };
    }
    return { items: world.pending, next_cursor: null };
  });
}

const RUN = { id: "below", parent_node_key: "call_2_1" };
const card = () => screen.findByRole("region", { name: "Approval of send_mail" });
const asked = (calls: Asked[]) => calls.map(({ path }) => path);
const draw = (call: Call) => <CallView call={call} onApproval={vi.fn()} />;

/** A call that can be ended. */
function Ending() {
  const [state, setState] = useState<Call["state"]>("running");
  return (
    <>
      <button type="button" onClick={() => setState("done")}>
        End it
      </button>
      {draw({ ...CALL, state })}
    </>
  );
}

beforeEach(() => signInAs("editor"));

describe("a call whose own run waits for a person", () => {
  it("needs you, says what for, and is decided in place", async () => {
    const calls = serving({
      runs: [{ id: "x", parent_node_key: "call_1_1" }, RUN],
      pending: [APPROVAL],
    });
    show(draw(CALL));
    const shown = within(await card());
    expect(screen.getByText("needs you")).toBeTruthy();
    expect(screen.getByRole("status").textContent).toBe("send_mail waits for your approval.");
    const given = screen.getByRole("region", { name: "Arguments" });
    expect(given.textContent).toContain("all@example.com");
    expect(asked(calls)[0]).toBe("/api/v1/executions?parent=above&limit=100");
    fireEvent.click(shown.getByRole("button", { name: "Approve" }));
    expect(await screen.findByText(/^Approved/)).toBeTruthy();
    expect(screen.queryByText("needs you")).toBeNull();
    expect(screen.getByText("running")).toBeTruthy();
    expect(asked(calls)).toContain("/api/v1/approvals/p1/decision");
  });

  it("does so for an agent in a workflow that it calls, and for no other run", async () => {
    const inside = { ...APPROVAL, execution_id: "node-run", parent_execution_id: "below" };
    const other = { ...APPROVAL, id: "p2", execution_id: "elsewhere", title: "other" };
    serving({ runs: [RUN], pending: [other, inside] });
    show(draw({ ...CALL, row: { ...ROW, node_type: "workflow" } }));
    const link = await screen.findByRole("link", { name: "Open its run" });
    expect(link.getAttribute("href")).toBe("/executions/view?id=node-run");
    expect(screen.queryByRole("region", { name: "Approval of other" })).toBeNull();
  });

  it("is found when its run begins, and when it asks, later", async () => {
    const world: World = { runs: [], pending: [] };
    const calls = serving(world);
    show(draw(CALL));
    await waitFor(() => expect(calls).toHaveLength(1));
    world.runs = [RUN];
    await waitFor(() =>
      expect(asked(calls)).toContain("/api/v1/approvals?status=pending&limit=100"),
    );
    world.pending = [APPROVAL];
    expect(await card()).toBeTruthy();
  });
});

describe("nobody is asked about a call", () => {
  it.each([
    ["that is no run of its own", { ...CALL, above: null }],
    ["that is done", { ...CALL, state: "done" as const }],
  ])("%s", async (_what, call) => {
    const calls = serving({ runs: [RUN], pending: [APPROVAL] });
    show(draw(call));
    await new Promise((done) => setTimeout(done, 100));
    expect(calls).toEqual([]);
  });

  it("once it is over", async () => {
    vi.useFakeTimers({ shouldAdvanceTime: true });
    const calls = serving({ runs: [RUN], pending: [APPROVAL] });
    show(<Ending />);
    await card();
    fireEvent.click(screen.getByRole("button", { name: "End it" }));
    const before = calls.length;
    await vi.advanceTimersByTimeAsync(10_000);
    expect(calls).toHaveLength(before);
    expect(screen.queryByRole("region", { name: "Approval of send_mail" })).toBeNull();
  });
});
