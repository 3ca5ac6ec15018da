import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Approval } from "@/lib/api/events";
import { serve, show, signInAs } from "@/test/world";
import { RunView } from "./run-view";
import type { Execution, NodeRun } from "./store";

const address = vi.hoisted(() => ({ query: "" }));
vi.mock("next/navigation", () => ({
  useRouter: () => ({ push: () => undefined }),
  useSearchParams: () => new URLSearchParams(address.query),
}));

const NOW = "2026-01-01T00:00:00Z";
const GRAPH = {
  name: "Notes",
  nodes: [
    { key: "start", type: "trigger", position: { x: 0, y: 0 } },
    { key: "write", type: "agent", name: "Writer", config: {}, position: { x: 300, y: 0 } },
  ],
  edges: [{ source: "start", target: "write" }],
};

function execution(id: string, more: Partial<Execution> = {}): Execution {
  return {
    id,
    workflow_id: "w",
    workflow_name: "Notes",
    workflow_version: 1,
    agent_id: null,
    agent_name: null,
    status: "running",
    trigger_type: "manual",
    trigger_metadata: {},
    input: null,
    output: null,
    error: null,
    tags: [],
    created_at: NOW,
    started_at: NOW,
    ended_at: null,
    retry_of: null,
    parent_execution_id: null,
    parent_node_key: null,
    temporal: { workflow_id: `exec-${id}`, run_id: "r", url: null },
    truncated: false,
    ...more,
  };
}

const RUN = execution("parent");
const BELOW = execution("child", {
  workflow_id: null,
  workflow_name: null,
  agent_name: "note writer",
  parent_execution_id: "parent",
  parent_node_key: "write",
});
const ROW: NodeRun = {
  id: "row",
  node_key: "write",
  node_type: "agent",
  name: "Writer",
  path: "",
  attempt: 1,
  status: "running",
  input: null,
  output: null,
  error: null,
  reason: null,
  usage: null,
  started_at: NOW,
  ended_at: null,
  temporal: { run_id: "r", scheduled_event_id: 1, url: null },
  truncated: false,
  links: {},
};
const ASKED: Approval = {
  id: "approval",
  execution_id: "child",
  parent_execution_id: "parent",
  workflow_id: null,
  workflow_name: null,
  node_key: "call_1_1",
  path: "",
  title: "send_note",
  form_schema: null,
  request: { tool: "send_note", arguments: { text: "hello" } },
  status: "pending",
  assignees: [],
  required: 1,
  can_decide: true,
  own: true,
  decisions: [],
  reminded_at: null,
  comment: null,
  decided_by: null,
  decided_by_email: null,
  decided_at: null,
  expires_at: null,
  created_at: NOW,
};
const MESSAGES = [
  { seq: 1, role: "user", content: "Tell everybody hello.", tool_calls: [], reply: null },
  {
    seq: 2,
    role: "assistant",
    content: "I am going to.",
    tool_calls: [{ id: "c", name: "send_note", arguments: '{"text": "hello"}' }],
    reply: { usage: { input: 10, output: 5 } },
  },
].map((each) => ({ ...each, tool_call_id: null, created_at: NOW }));

/** Events that come at once, and then nothing more. */
function stream(...events: [string, unknown][]): Response {
  const text = events.map(([kind, data]) => `event: ${kind}\ndata: ${JSON.stringify(data)}\n\n`);
  const body = new ReadableStream({
    start: (controller) => controller.enqueue(new TextEncoder().encode(text.join(""))),
  });
  return new Response(body, { headers: { "Content-Type": "text/event-stream" } });
}

/** The server with a run of an agent below another run; `approvals` waits in it. */
function serving(approvals: Approval[]): void {
  const page = (items: unknown[]) => ({ items, next_cursor: null });
  serve(({ path }) => {
    const { pathname, searchParams } = new URL(path, "http://here");
    if (pathname === "/api/v1/approvals") return page(approvals);
    if (pathname.endsWith("/versions")) return page([]);
    if (pathname === "/api/v1/executions")
      return page(searchParams.get("parent") === "parent" ? [BELOW] : []);
    const child = pathname.includes("/child");
    if (pathname.endsWith("/graph")) return { graph: child ? null : GRAPH };
    if (pathname.endsWith("/messages")) return page(child ? MESSAGES : []);
    if (pathname.endsWith("/timeline"))
      return { started_at: NOW, ended_at: null, duration_ms: null, bars: [] };
    if (pathname.endsWith("/events"))
      return child ? stream(["execution", BELOW]) : stream(["execution", RUN], ["node", ROW]);
    if (pathname.startsWith("/api/v1/executions/")) return child ? BELOW : RUN;
    return { nodes: [], tools: [], builtins: [] };
  });
}

/** The agent's answer; it is announced too, and so stands there twice. */
const ANSWER = { selector: "[data-said=agent] p" };
const details = () => screen.getByRole("complementary", { name: "Details of what is selected" });
const card = (key: string) => window.document.querySelector(`[data-node=${key}]`) as HTMLElement;

beforeEach(() => signInAs("editor"));

describe("a run with an agent", () => {
  beforeEach(() => {
    address.query = "id=parent";
  });

  it("says that it waits for a person, and leads to where it asks", async () => {
    serving([ASKED]);
    show(<RunView />);
    const banner = await screen.findByRole("region", { name: "Waiting for a decision" });
    expect(banner.textContent).toContain("1 call waits for your decision.");
    expect(await screen.findByRole("button", { name: /Writer needs you/ })).toBeTruthy();
    fireEvent.click(within(banner).getByRole("button", { name: "Writer: send_note" }));
    expect(await within(details()).findByText("I am going to.", ANSWER)).toBeTruthy();
    expect(await within(details()).findByRole("button", { name: "Approve" })).toBeTruthy();
  });

  it("shows nothing of the sort when nothing waits, or only elsewhere", async () => {
    serving([{ ...ASKED, execution_id: "other", parent_execution_id: null }]);
    show(<RunView />);
    await waitFor(() => expect(card("write").dataset.status).toBe("running"));
    fireEvent.click(card("write"));
    const way = await within(details()).findByRole("link", { name: "Open the agent’s run" });
    expect(way.getAttribute("href")).toBe("/executions/view?id=child");
    expect(screen.queryByRole("region", { name: "Waiting for a decision" })).toBeNull();
  });

  it("opens at the node that the address names", async () => {
    address.query = "id=parent&node=write";
    serving([]);
    show(<RunView />);
    expect(
      await within(await screen.findByRole("complementary")).findByText("Writer"),
    ).toBeTruthy();
    expect(await within(details()).findByText("I am going to.", ANSWER)).toBeTruthy();
  });
});

describe("a run that is upgraded while it is watched", () => {
  it("shows the graph of its new version", async () => {
    address.query = "id=parent";
    serving([]);
    const served = fetch;
    let graphs = 0;
    const added = { key: "more", type: "adapter", config: {}, position: { x: 600, y: 0 } };
    vi.stubGlobal("fetch", async (request: Request) => {
      const { pathname } = new URL(request.url);
      if (pathname.endsWith("/events"))
        return stream(["execution", RUN], ["execution", { ...RUN, workflow_version: 2 }]);
      if (!pathname.endsWith("/graph")) return served(request);
      graphs += 1;
      const nodes = graphs === 1 ? GRAPH.nodes : [...GRAPH.nodes, added];
      return Response.json({ graph: { ...GRAPH, nodes } });
    });
    show(<RunView />);
    await waitFor(() => expect(card("more")).toBeTruthy());
    expect(card("write")).toBeTruthy();
    expect(screen.getByText("version 2")).toBeTruthy();
    expect(graphs).toBe(2);
  });
});

describe("an agent's own run", () => {
  beforeEach(() => {
    address.query = "id=child";
  });

  it("is its conversation in the place of a canvas, with the way back to its node", async () => {
    serving([]);
    show(<RunView />);
    expect(await screen.findByRole("heading", { level: 1, name: "note writer" })).toBeTruthy();
    expect(await screen.findByText("I am going to.", ANSWER)).toBeTruthy();
    expect(window.document.querySelector(".react-flow")).toBeNull();
    const back = screen.getByRole("link", { name: "Back to the run it belongs to" });
    expect(back.getAttribute("href")).toBe("/executions/view?id=parent&node=write");
    expect(screen.queryByRole("link", { name: "Open in the designer" })).toBeNull();
    expect(screen.queryByRole("button", { name: "Run again" })).toBeNull();
  });

  it("leads from its banner to what is to be decided", async () => {
    serving([ASKED]);
    show(<RunView />);
    const banner = await screen.findByRole("region", { name: "Waiting for a decision" });
    const comment = await screen.findByLabelText("Comment");
    fireEvent.click(within(banner).getByRole("button", { name: "send_note" }));
    expect(window.document.activeElement).toBe(comment);
  });
});
