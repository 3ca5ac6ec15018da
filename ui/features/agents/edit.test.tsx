import { act, fireEvent, screen, waitFor, within } from "@testing-library/react";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { type Call, refusal, serve, show, signInAs } from "@/test/world";
import type { Agent } from "./api";
import { AgentEdit } from "./edit";

const place = vi.hoisted(() => ({ query: "" }));
vi.mock("next/navigation", () => ({
  usePathname: () => "/agents/edit",
  useRouter: () => ({ push: () => undefined, replace: () => undefined }),
  useSearchParams: () => new URLSearchParams(place.query),
}));

const AGENT = {
  id: "a1",
  owner_id: "u",
  name: "trader",
  description: null,
  config: {
    provider: "openai",
    model: "gpt-5.4-mini",
    memory: "window",
    parameters: {},
    budgets: { max_turns: 25 },
    tools: [],
  },
  is_public: false,
  version: 3,
  created_at: "2026-01-01T00:00:00Z",
  updated_at: "2026-01-01T00:00:00Z",
} as unknown as Agent;
const MODELS = [
  {
    provider: "openai",
    name: "gpt-5.4-mini",
    input_usd_per_million: 0.75,
    output_usd_per_million: 4.5,
    cached_input_usd_per_million: null,
  },
];
const EXECUTION = { id: "c1", status: "running", error: null, agent_id: "a1" };
const CALL = { id: "x1", name: "buy", arguments: '{"symbol":"MSFT"}' };
const APPROVAL = {
  id: "p1",
  execution_id: "c1",
  parent_execution_id: null,
  node_key: "call_1_1",
  path: "",
  title: "buy",
  request: { tool: "buy", arguments: { symbol: "MSFT" } },
  status: "pending",
  assignees: [],
  required: 1,
  can_decide: true,
  decisions: [],
  reminded_at: null,
  comment: null,
  decided_by: null,
  decided_by_email: null,
  decided_at: null,
  expires_at: null,
  created_at: "2026-01-01T00:00:00Z",
};

const stored: Record<string, unknown>[] = [];
const approvals: unknown[] = [];
const chat = { refused: false };

/** A stream of events that the test writes as it goes. */
function openStream() {
  const encoder = new TextEncoder();
  let writer: ReadableStreamDefaultController<Uint8Array> | undefined;
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => {
      writer = controller;
    },
  });
  return {
    answer: () => new Response(body, { headers: { "Content-Type": "text/event-stream" } }),
    send: async (kind: string, data: unknown) => {
      writer?.enqueue(encoder.encode(`event: ${kind}\ndata: ${JSON.stringify(data)}\n\n`));
      await act(() => new Promise((done) => setTimeout(done, 40)));
    },
  };
}

let stream = openStream();

function answer({ method, path, body }: Call): unknown {
  if (path === "/api/v1/catalog") return { nodes: [], tools: [], builtins: [] };
  if (path === "/api/v1/models") return { items: MODELS };
  if (path.endsWith("/events")) return stream.answer();
  if (path.includes("/messages")) return { items: stored, next_cursor: null };
  if (path.endsWith("/decision")) return { ...APPROVAL, status: "approved", comment: "Do it" };
  if (path.includes("/approvals")) return { items: approvals, next_cursor: null };
  if (path.endsWith("/chat"))
    return chat.refused ? refusal(429, "too many wait") : { conversation_id: "c1", seq: 1 };
  if (path === "/api/v1/agents/a1") return AGENT;
  if (path === "/api/v1/agents" && method === "POST")
    return { ...AGENT, ...(body as object), version: 1 };
  return { items: [], next_cursor: null };
}

const message = (seq: number, role: string, content: string, more = {}) => ({
  seq,
  role,
  content,
  tool_calls: [],
  tool_call_id: null,
  reply: null,
  created_at: "2026-01-01T00:00:00Z",
  ...more,
});
const row = (node_key: string, status: string) => ({
  id: node_key,
  node_key,
  node_type: "agent",
  path: "",
  status,
  attempt: 1,
  input: null,
  output: null,
  error: null,
  started_at: null,
  ended_at: null,
});

beforeEach(() => {
  signInAs("editor");
  place.query = "id=a1";
  stored.length = 0;
  approvals.length = 0;
  chat.refused = false;
  stream = openStream();
  window.history.replaceState(null, "", "/agents/edit?id=a1");
});

async function say(text: string): Promise<void> {
  const box = await screen.findByRole("textbox", { name: "Message" });
  fireEvent.change(box, { target: { value: text } });
  fireEvent.keyDown(box, { key: "Enter" });
}

const sentTo = (calls: Call[], end: string) =>
  calls.filter(({ method, path }) => method === "POST" && path.endsWith(end));

describe("an agent's editor", () => {
  it("makes an agent of a name, a model and a secret", async () => {
    place.query = "";
    const calls = serve(answer);
    show(<AgentEdit />);
    const save = await screen.findByRole("button", { name: "Save" });
    expect(save).toHaveProperty("disabled", true);
    fireEvent.change(screen.getByLabelText(/^Name/), { target: { value: "scout" } });
    fireEvent.change(screen.getByRole("combobox", { name: "Model" }), {
      target: { value: "gpt-5.4-mini" },
    });
    expect(await screen.findAllByText(/\$0\.75 in, \$4\.50? out/)).not.toHaveLength(0);
    const key = screen.getByLabelText(/^API key/);
    fireEvent.change(key, { target: { value: "sk-123" } });
    expect(screen.getByText(/Keys are not stored here/)).toBeTruthy();
    fireEvent.change(key, { target: { value: "{{ secrets.KEY }}" } });
    expect(screen.getByText("Save the agent to talk to it.")).toBeTruthy();
    fireEvent.click(save);
    await screen.findByText("“scout” is saved.");
    expect(sentTo(calls, "/agents")[0]?.body).toEqual({
      name: "scout",
      description: null,
      config: {
        provider: "openai",
        model: "gpt-5.4-mini",
        api_key: "{{ secrets.KEY }}",
        tools: [],
      },
      is_public: false,
    });
    expect(await screen.findByRole("textbox", { name: "Message" })).toBeTruthy();
  });
});

describe("talking to an agent", () => {
  it("Enter sends; with Shift, or within a syllable of Korean, it does not", async () => {
    const calls = serve(answer);
    show(<AgentEdit />);
    const box = await screen.findByRole("textbox", { name: "Message" });
    fireEvent.change(box, { target: { value: "안녕" } });
    fireEvent.keyDown(box, { key: "Enter", shiftKey: true });
    fireEvent.keyDown(box, { key: "Enter", isComposing: true });
    expect(sentTo(calls, "/chat")).toHaveLength(0);
    fireEvent.keyDown(box, { key: "Enter" });
    await waitFor(() => expect(sentTo(calls, "/chat")).toHaveLength(1));
    expect(sentTo(calls, "/chat")[0]?.body).toMatchObject({
      message: "안녕",
      conversation_id: null,
    });
    await waitFor(() => expect(location.search).toContain("conversation=c1"));
  });

  it("shows what is said as it comes, then what is stored in its place", async () => {
    serve(answer);
    show(<AgentEdit />);
    await say("How is MSFT?");
    const talk = within(screen.getByRole("region", { name: "Talk to it" }));
    expect(await talk.findByText("How is MSFT?")).toBeTruthy();
    await stream.send("execution", EXECUTION);
    await stream.send("node", row("turn_1", "running"));
    await stream.send("delta", { node_key: "turn_1", attempt: 1, offset: 0, text: "It is " });
    await stream.send("delta", { node_key: "turn_1", attempt: 1, offset: 6, text: "up" });
    const turn = await talk.findByText("It is up");
    expect(turn.closest("[data-turn]")?.getAttribute("aria-busy")).toBe("true");
    expect(talk.getByRole("button", { name: "Stop" })).toBeTruthy();
    stored.push(
      message(1, "user", "How is MSFT?"),
      message(2, "assistant", "It is up by 2 %.", {
        reply: { usage: { input: 12, output: 7 }, cost_usd: 0.5, finish: "stop" },
      }),
    );
    await stream.send("node", row("turn_1", "completed"));
    expect(await talk.findAllByText("It is up by 2 %.")).not.toHaveLength(0);
    expect(talk.queryByText("It is up")).toBeNull();
    expect(talk.getAllByText("How is MSFT?")).toHaveLength(1);
    expect(talk.getAllByText(/12 tokens in, 7 out/)[0]?.textContent).toContain("$0.50");
    expect(document.querySelector("[data-announced]")?.textContent).toBe("It is up by 2 %.");
    await waitFor(() => expect(talk.queryByRole("button", { name: "Stop" })).toBeNull());
  });

  it("a sensitive call is approved in place", async () => {
    const calls = serve(answer);
    stored.push(
      message(1, "user", "Buy MSFT"),
      message(2, "assistant", "", { tool_calls: [CALL] }),
    );
    approvals.push(APPROVAL);
    place.query = "id=a1&conversation=c1";
    show(<AgentEdit />);
    const asked = await screen.findByRole("region", { name: "Approval of buy" });
    fireEvent.change(within(asked).getByLabelText("Comment"), { target: { value: "Do it" } });
    fireEvent.click(within(asked).getByRole("button", { name: "Approve" }));
    await waitFor(() => expect(document.querySelector("[data-approval=approved]")).toBeTruthy());
    expect(sentTo(calls, "/decision")[0]?.body).toEqual({ approve: true, comment: "Do it" });
  });

  it("a message that is refused goes back to where it was written", async () => {
    serve(answer);
    chat.refused = true;
    show(<AgentEdit />);
    await say("One more");
    expect(await screen.findByText("too many wait")).toBeTruthy();
    expect(screen.getByRole("textbox", { name: "Message" })).toHaveProperty("value", "One more");
  });

  it("a conversation that has ended is read, and a message begins another", async () => {
    const calls = serve(answer);
    stored.push(message(1, "user", "Hi"), message(2, "assistant", "Hello"));
    place.query = "id=a1&conversation=old";
    show(<AgentEdit />);
    await screen.findAllByText("Hello");
    await stream.send("execution", { ...EXECUTION, id: "old", status: "completed" });
    expect(await screen.findByText(/This conversation has ended/)).toBeTruthy();
    await say("Again");
    await waitFor(() => expect(sentTo(calls, "/chat")).toHaveLength(1));
    expect(sentTo(calls, "/chat")[0]?.body).toMatchObject({ conversation_id: null });
  });
});
