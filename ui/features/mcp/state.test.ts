import { describe, expect, it } from "vitest";
import type { Server, ServerTool } from "./api";
import { reachable, serverNamed, stateOf, unapproved } from "./state";

const SERVER: Server = {
  id: "1",
  operator: false,
  name: "time",
  description: null,
  transport: "http",
  url: "https://example.org/mcp",
  headers: {},
  offered: 0,
  approved: 0,
  changed: 0,
  error: null,
  refreshed_at: null,
  version: 1,
  created_at: "2026-01-01T00:00:00Z",
  updated_at: "2026-01-01T00:00:00Z",
};
const LISTED = { ...SERVER, refreshed_at: "2026-01-02T00:00:00Z", offered: 3, approved: 1 };

describe("the state of a server", () => {
  it("is never listed before its first refresh", () => {
    expect(stateOf(SERVER)).toEqual({ kind: "never" });
  });

  it("is how many tools there are, and how many wait", () => {
    expect(stateOf(LISTED)).toEqual({
      kind: "listed",
      offered: 3,
      approved: 1,
      toLookAt: 2,
      leftOut: null,
    });
  });

  it("is a failure, also of a server that was listed before", () => {
    const error = { code: "McpServerUnavailable", message: "it does not answer" };
    expect(stateOf({ ...LISTED, error })).toEqual({
      kind: "failed",
      message: "it does not answer",
    });
    expect(stateOf({ ...SERVER, error }).kind).toBe("failed");
  });

  it("is no failure when only some tools were left out", () => {
    const error = { code: "McpToolsLeftOut", message: "1 of its tools cannot be used: 'x'" };
    expect(stateOf({ ...LISTED, error })).toMatchObject({
      kind: "listed",
      leftOut: error.message,
    });
  });
});

describe("a server's name", () => {
  const mine = { ...SERVER, id: "mine" };
  const operators = { ...SERVER, id: "operators", operator: true };

  it("means one's own before the operator's, whatever the order", () => {
    expect(serverNamed([operators, mine], "time")).toBe(mine);
    expect(serverNamed([mine, operators], "time")).toBe(mine);
    expect(serverNamed([operators], "time")).toBe(operators);
    expect(serverNamed([mine], "other")).toBeUndefined();
  });

  it("stands for one server only", () => {
    const other = { ...SERVER, id: "other", name: "other" };
    expect(reachable([operators, mine, other])).toEqual([mine, other]);
  });
});

it("new and changed tools wait to be looked at", () => {
  const tool = (name: string, state: ServerTool["state"]): ServerTool => ({
    name,
    title: null,
    description: null,
    input_schema: {},
    output_schema: null,
    hash: "h",
    state,
    approved_at: null,
  });
  const tools = [tool("a", "new"), tool("b", "approved"), tool("c", "changed")];
  expect(unapproved(tools).map(({ name }) => name)).toEqual(["a", "c"]);
});
