import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { type Call, refusal, serve, show, signInAs } from "@/test/world";
import type { Draft } from "./api";
import { Drafting } from "./drafting";

const AGENT = { id: "agent-1", name: "drafter", config: { provider: "openai", model: "m" } };
const DOCUMENT = {
  name: "Watch prices",
  nodes: [
    { key: "start", type: "trigger" },
    { key: "load", type: "tool", name: "Load prices", config: { kind: "http", url: "u" } },
  ],
  edges: [{ source: "start", target: "load" }],
};

function draft(more: Partial<Draft> = {}): Draft {
  return {
    id: "draft-1",
    status: "completed",
    agent_id: "agent-1",
    agent_name: "drafter",
    created_at: "2026-01-01T00:00:00Z",
    usage: { turns: 2, tokens_in: 20, tokens_out: 10, cost_usd: 0 },
    document: DOCUMENT,
    base: null,
    reasons: { load: "The text asks for prices." },
    problems: [],
    workflow_id: null,
    text: "Here it is.",
    error: null,
    ...more,
  };
}

/** A server with these agents and this draft, which may be another each time it is asked for. */
function serving(agents: unknown[], found: () => Draft): Call[] {
  return serve(({ method, path }) => {
    if (path.startsWith("/api/v1/agents")) return { items: agents, next_cursor: null };
    if (path === "/api/v1/workflows/draft" && method === "POST") return { id: "draft-1" };
    if (path.startsWith("/api/v1/workflows/drafts/")) return found();
    if (path.endsWith("/messages")) return { items: [], next_cursor: null };
    return { nodes: [], tools: [], builtins: [], items: [], next_cursor: null };
  });
}

const props = () => ({
  onDraft: vi.fn(),
  onAccept: vi.fn(async () => {}),
  onClose: vi.fn(),
});
const button = (name: string) => screen.getByRole("button", { name });
const sent = (calls: Call[]) => calls.filter(({ method }) => method === "POST");

beforeEach(() => {
  signInAs("editor");
  localStorage.clear();
});

describe("asking for a draft", () => {
  it("without any agent, it leads to where one is made", async () => {
    serving([], draft);
    show(<Drafting draftId={null} {...props()} />);
    const way = await screen.findByRole("link", { name: "Go to the agents" });
    expect(way.getAttribute("href")).toBe("/agents");
  });

  it("sends the text with the agent and the workflow, after what is drawn is stored", async () => {
    const order: string[] = [];
    const calls = serving([AGENT], draft);
    const given = props();
    given.onDraft.mockImplementation(() => order.push("draft"));
    const prepare = async () => order.push("stored");
    show(<Drafting draftId={null} workflowId="w-1" prepare={prepare} {...given} />);
    fireEvent.change(await screen.findByLabelText("What is to be different"), {
      target: { value: "Also send a mail" },
    });
    fireEvent.click(button("Draft it"));
    await waitFor(() => expect(given.onDraft).toHaveBeenCalledWith("draft-1"));
    expect(order).toEqual(["stored", "draft"]);
    expect(sent(calls).map(({ body }) => body)).toEqual([
      { text: "Also send a mail", agent_id: "agent-1", workflow_id: "w-1" },
    ]);
  });

  it("what was refused is sent again under the same key, what is changed under another", async () => {
    const keys: (string | null)[] = [];
    vi.stubGlobal("fetch", async (request: Request) => {
      if (request.method !== "POST") return Response.json({ items: [AGENT], next_cursor: null });
      keys.push(request.headers.get("Idempotency-Key"));
      return refusal(503, "Temporal does not answer");
    });
    show(<Drafting draftId={null} {...props()} />);
    const box = await screen.findByLabelText("What the workflow is to do");
    const send = async (text: string, attempt: number) => {
      fireEvent.change(box, { target: { value: text } });
      fireEvent.click(button("Draft it"));
      await waitFor(() => expect(keys).toHaveLength(attempt));
      await screen.findByRole("alert");
    };
    await send("Watch prices", 1);
    await send("Watch prices", 2);
    await send("Watch all prices", 3);
    expect(keys[0]).toBeTruthy();
    expect(keys[1]).toBe(keys[0]);
    expect(keys[2]).not.toBe(keys[0]);
  });

  it("a text file fills the box, a PDF is sent as it is, anything else is refused", async () => {
    serving([AGENT], draft);
    show(<Drafting draftId={null} {...props()} />);
    const choose = (file: File) =>
      fireEvent.change(screen.getByLabelText("Or a file"), { target: { files: [file] } });
    const box = await screen.findByLabelText<HTMLTextAreaElement>("What the workflow is to do");
    choose(new File(["from a file"], "a.md"));
    await waitFor(() => expect(box.value).toBe("from a file"));
    choose(new File(["x"], "a.png", { type: "image/png" }));
    expect(await screen.findByText(/neither text, Markdown nor PDF/)).toBeTruthy();
    choose(new File(["%PDF"], "a.pdf", { type: "application/pdf" }));
    expect(await screen.findByText("a.pdf")).toBeTruthy();
    fireEvent.click(button("Remove the file"));
    expect(screen.getByLabelText<HTMLTextAreaElement>("What the workflow is to do").value).toBe(
      "from a file",
    );
  });

  it("an open draft is found again from here, until it is settled", async () => {
    serving([AGENT], draft);
    localStorage.setItem("pastetrader-draft-new", "draft-1");
    const given = props();
    show(<Drafting draftId={null} {...given} />);
    fireEvent.click(await screen.findByRole("button", { name: "Back to the last draft" }));
    expect(given.onDraft).toHaveBeenCalledWith("draft-1");
  });
});

describe("a draft that an agent works on", () => {
  it("grows before one's eyes, can be stopped, and is decided on when it is there", async () => {
    let status: Draft["status"] = "running";
    const calls = serving([AGENT], () => draft({ status }));
    show(<Drafting draftId="draft-1" {...props()} />);
    expect(await screen.findByText(/2 nodes/)).toBeTruthy();
    fireEvent.click(button("Stop"));
    await waitFor(() =>
      expect(sent(calls).map(({ path }) => path)).toEqual(["/api/v1/executions/draft-1/cancel"]),
    );
    status = "cancelled";
    expect(await screen.findByRole("heading", { name: "Decide on the draft" })).toBeTruthy();
    expect(screen.getByText(/The agent was stopped/)).toBeTruthy();
  });
});

describe("deciding on a draft", () => {
  it("a node and its reason are selected together, in either way", async () => {
    serving([AGENT], draft);
    show(<Drafting draftId="draft-1" {...props()} />);
    const reasons = await screen.findByRole("list", { name: "Changes and their reasons" });
    const reason = within(reasons).getByRole("button", { name: /Load prices/ });
    expect(reason.textContent).toContain("The text asks for prices.");
    fireEvent.click(reason);
    expect(reason.getAttribute("aria-pressed")).toBe("true");
    const card = window.document.querySelector("[data-node=start]") as HTMLElement;
    fireEvent.click(card);
    await waitFor(() => expect(reason.getAttribute("aria-pressed")).toBe("false"));
  });

  it("accepting gives the document with every node placed, and forgets the draft", async () => {
    serving([AGENT], draft);
    localStorage.setItem("pastetrader-draft-new", "draft-1");
    const given = props();
    show(<Drafting draftId="draft-1" {...given} />);
    fireEvent.click(await screen.findByRole("button", { name: "Accept and open" }));
    await waitFor(() => expect(localStorage.getItem("pastetrader-draft-new")).toBeNull());
    const [accepted] = given.onAccept.mock.calls[0] as unknown as [typeof DOCUMENT];
    expect(accepted.nodes.map(({ key }) => key)).toEqual(["start", "load"]);
    expect(accepted.nodes.every((node) => "position" in node && node.position)).toBe(true);
  });

  it("what cannot be accepted says why, and stays", async () => {
    serving([AGENT], draft);
    const given = props();
    given.onAccept.mockRejectedValue(new Error("the name is too long"));
    show(<Drafting draftId="draft-1" {...given} />);
    fireEvent.click(await screen.findByRole("button", { name: "Accept and open" }));
    expect((await screen.findByRole("alert")).textContent).toContain("the name is too long");
    expect(button("Accept and open")).not.toHaveProperty("disabled", true);
  });

  it("warns when the workflow was changed since the draft was begun", async () => {
    const base = { ...DOCUMENT, nodes: DOCUMENT.nodes.slice(0, 1), edges: [] };
    const current = { name: "Watch prices", nodes: [], edges: [] };
    serving([AGENT], () => draft({ base, workflow_id: "w-1" }));
    show(<Drafting draftId="draft-1" workflowId="w-1" current={() => current} {...props()} />);
    expect(await screen.findByText(/was changed after this draft was begun/)).toBeTruthy();
  });

  it("the validator's problems lead to their nodes", async () => {
    const problems = [
      {
        severity: "error" as const,
        code: "INVALID_NODE_CONFIG" as const,
        message: "load needs a symbol",
        path: "nodes[1]",
        nodes: ["load"],
        suggestion: "Give it one.",
      },
    ];
    serving([AGENT], () => draft({ problems }));
    show(<Drafting draftId="draft-1" {...props()} />);
    fireEvent.click(await screen.findByRole("button", { name: /load needs a symbol/ }));
    const reasons = screen.getByRole("list", { name: "Changes and their reasons" });
    const reason = within(reasons).getByRole("button", { name: /Load prices/ });
    expect(reason.getAttribute("aria-pressed")).toBe("true");
  });

  it("a draft that failed with nothing drawn says what to do, and keeps the text", async () => {
    serving([AGENT], () =>
      draft({
        status: "failed",
        document: { name: "workflow", nodes: [], edges: [] },
        error: { code: "AuthenticationFailed", message: "the key is refused" },
      }),
    );
    const given = props();
    const shown = show(<Drafting draftId="draft-1" {...given} />);
    const alert = await screen.findByRole("alert");
    expect(alert.textContent).toContain("the key is refused");
    expect(alert.textContent).toContain("Mend the agent");
    fireEvent.click(button("Change the text"));
    expect(given.onDraft).toHaveBeenCalledWith(null);
    shown.unmount();
  });

  it("a draft of another workflow leads to where that one is open", async () => {
    serving([AGENT], () => draft({ workflow_id: "w-2" }));
    show(<Drafting draftId="draft-1" {...props()} />);
    const way = await screen.findByRole("link", { name: "Open it there" });
    expect(way.getAttribute("href")).toBe("/workflows/edit?id=w-2&draft=draft-1");
  });
});
