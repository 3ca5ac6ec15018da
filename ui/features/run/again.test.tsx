import { fireEvent, screen, waitFor } from "@testing-library/react";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { GraphDocument } from "@/features/graph";
import { type Call, serve, show, signInAs } from "@/test/world";
import { AgainForm } from "./again";
import { type Execution, follow, type NodeRun, take, useRun } from "./store";

const went = vi.hoisted(() => [] as string[]);
vi.mock("next/navigation", () => ({ useRouter: () => ({ push: (to: string) => went.push(to) }) }));

const EXECUTION = {
  id: "r",
  workflow_id: "w",
  workflow_version: 2,
  status: "failed",
  input: { a: 1 },
  tags: ["x"],
} as unknown as Execution;
const DOCUMENT: GraphDocument = {
  name: "Orders",
  nodes: [
    { id: "1", key: "start", type: "trigger" },
    { id: "2", key: "send", type: "tool", name: "Send", compensation: "recall" },
    { id: "3", key: "each", type: "loop", name: "Each" },
    { id: "4", key: "inner", type: "tool", name: "Inner", parent: "each" },
    { id: "5", key: "recall", type: "tool", name: "Recall" },
  ],
  edges: [],
};
const NEWER = { nodes: [...DOCUMENT.nodes, { key: "tell", type: "tool", name: "Tell" }] };

function row(node_key: string, path: string, status: string): NodeRun {
  const temporal = { run_id: "r", scheduled_event_id: 1, url: null };
  const input = { to: "all" };
  return {
    id: `${node_key}${path}`,
    node_key,
    path,
    status,
    attempt: 1,
    input,
    temporal,
  } as NodeRun;
}

function serving(): Call[] {
  return serve(({ method, path }) => {
    if (path.endsWith("/versions/3")) return { graph: NEWER };
    if (path.includes("/versions"))
      return { items: [3, 2].map((version) => ({ version, comment: null })), next_cursor: null };
    if (method === "POST") return { id: "new" };
    const again = [
      { node_key: "send", name: "Send", node_type: "tool", times: 2, effect: true },
      { node_key: "each", name: "Each", node_type: "loop", times: 1, effect: false },
    ];
    return { reused: 1, again };
  });
}

const sent = (calls: Call[]) => calls.filter(({ method }) => method === "POST");
const form = <AgainForm execution={EXECUTION} workflowId="w" document={DOCUMENT} />;
const choose = (label: string, value: string) =>
  fireEvent.change(screen.getByLabelText(label), { target: { value } });

beforeEach(() => {
  signInAs("editor");
  went.length = 0;
  vi.stubGlobal("fetch", async () => new Response(null, { status: 404 }));
  follow("r")();
  take([
    { kind: "node", data: row("send", "", "failed") },
    { kind: "node", data: row("inner", "0", "completed") },
    { kind: "node", data: row("inner", "10", "completed") },
    { kind: "node", data: row("inner", "2", "completed") },
  ]);
});

describe("running again", () => {
  it("begins with what failed, and lists the effects that the server says will repeat", async () => {
    const calls = serving();
    show(form);
    const from = screen.getByLabelText("From") as HTMLSelectElement;
    expect(from.value).toBe("send");
    expect([...from.options].map(({ value }) => value)).toEqual(["", "send", "each", "inner"]);
    expect(await screen.findByText("Send (2 times so far)")).toBeTruthy();
    expect(screen.queryByText(/^Each \(/)).toBeNull();
    const report = calls.find(({ path }) => path.includes("/retry?"));
    expect(report?.path).toContain("from_node=send");
    expect(report?.path).toContain("version=2");
    fireEvent.click(screen.getByRole("button", { name: "Run again" }));
    await waitFor(() => expect(went).toEqual(["/executions/view?id=new"]));
    expect(sent(calls)).toMatchObject([
      {
        path: "/api/v1/executions/r/retry",
        body: { from_node: "send", path: "", version: 2 },
      },
    ]);
  });

  it("with a newer version offers the nodes of that version", async () => {
    const calls = serving();
    show(form);
    await screen.findByLabelText("Version");
    choose("Version", "3");
    expect(await screen.findByRole("option", { name: "Tell" })).toBeTruthy();
    choose("From", "tell");
    fireEvent.click(screen.getByRole("button", { name: "Run again" }));
    await waitFor(() => expect(sent(calls)).toHaveLength(1));
    expect(sent(calls)).toMatchObject([{ body: { from_node: "tell", version: 3 } }]);
  });

  it("sends other inputs only when they are asked for, from those that were", async () => {
    const calls = serving();
    show(form);
    fireEvent.click(screen.getByLabelText(/^Change the inputs of this node/));
    fireEvent.click(screen.getByRole("button", { name: "Run again" }));
    await waitFor(() => expect(sent(calls)).toHaveLength(1));
    expect(sent(calls)).toMatchObject([{ body: { from_node: "send", inputs: { to: "all" } } }]);
  });

  it("from within a loop is of every pass, or of one", async () => {
    const calls = serving();
    show(form);
    choose("From", "inner");
    const passes = [...(screen.getByLabelText("Pass") as HTMLSelectElement).options];
    expect(passes.map((each) => each.value)).toEqual(["", "0", "2", "10"]);
    choose("Pass", "2");
    fireEvent.click(screen.getByRole("button", { name: "Run again" }));
    await waitFor(() => expect(sent(calls)).toHaveLength(1));
    expect(sent(calls)).toMatchObject([{ body: { from_node: "inner", path: "2" } }]);
  });

  it("from the beginning is a new run with the same input", async () => {
    const calls = serving();
    show(form);
    choose("From", "");
    fireEvent.click(screen.getByRole("button", { name: "Run again" }));
    await waitFor(() => expect(sent(calls)).toHaveLength(1));
    expect(sent(calls)).toMatchObject([
      {
        path: "/api/v1/workflows/w/executions",
        body: { input: { a: 1 }, version: 2, tags: ["x"] },
      },
    ]);
    expect(useRun.getState().byKey.size).toBe(2);
  });
});
