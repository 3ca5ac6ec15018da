import { describe, expect, it } from "vitest";
import type { Approval } from "@/lib/api/events";
import { byPlace, placeOf } from "./approvals";
import type { Execution } from "./store";

const runs = [
  { id: "agent-run", parent_node_key: "ask" },
  { id: "other-run", parent_node_key: "tell" },
] as Execution[];

function approval(execution_id: string, parent_execution_id: string | null): Approval {
  return {
    id: execution_id,
    execution_id,
    parent_execution_id,
    workflow_id: null,
    workflow_name: null,
    node_key: "call_1_1",
    path: "",
    title: "send_mail",
    request: {},
    form_schema: null,
    assignees: [],
    required: 1,
    status: "pending",
    can_decide: true,
    own: true,
    decisions: [],
    reminded_at: null,
    comment: null,
    decided_by: null,
    decided_by_email: null,
    decided_at: null,
    expires_at: null,
    created_at: "2026-01-01T00:00:00Z",
  };
}

describe("where an approval waits", () => {
  it("in its own run, at its place", () => {
    expect(placeOf(approval("here", null), "here", [])).toBe("call_1_1");
  });

  it("in the node whose run it is in", () => {
    expect(placeOf(approval("agent-run", "here"), "here", runs)).toBe("ask");
  });

  it("in the node whose run called the one that it is in", () => {
    expect(placeOf(approval("deeper", "other-run"), "here", runs)).toBe("tell");
  });

  it("not here when the run is of something else", () => {
    expect(placeOf(approval("elsewhere", "far"), "here", runs)).toBeNull();
    expect(placeOf(approval("elsewhere", null), "here", runs)).toBeNull();
  });

  it("several that wait in one node are together", () => {
    const [first, second] = [approval("agent-run", "here"), approval("deeper", "agent-run")];
    const elsewhere = approval("elsewhere", null);
    const found = byPlace([first, elsewhere, second], "here", runs);
    expect([...found]).toEqual([["ask", [first, second]]]);
  });
});
