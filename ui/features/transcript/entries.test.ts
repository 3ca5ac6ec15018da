import { describe, expect, it } from "vitest";
import type { Approval, Execution, NodeRun } from "@/lib/api/events";
import {
  type Entry,
  entriesOf,
  failureOf,
  isWorking,
  type Message,
  type Turn,
  totalOf,
} from "./entries";
import { type Heard, NOTHING_HEARD } from "./heard";

let seq = 0;
const message = (role: string, content: string, more: Partial<Message> = {}): Message => {
  seq += 1;
  return {
    seq,
    role,
    content,
    tool_calls: [],
    tool_call_id: null,
    reply: null,
    created_at: "2026-01-01T00:00:00Z",
    ...more,
  };
};
const calls = (...names: string[]): Partial<Message> => ({
  tool_calls: names.map((name, index) => ({
    id: `c${index + 1}`,
    name,
    arguments: '{"symbol":"MSFT"}',
  })),
});
const told = (id: string, content: string) => message("tool", content, { tool_call_id: id });
const row = (node_key: string, status: string, more: Partial<NodeRun> = {}) =>
  ({ node_key, status, attempt: 1, output: null, error: null, ...more }) as NodeRun;
const approval = (node_key: string, status: string) => ({ node_key, status }) as Approval;

interface Known {
  status?: string;
  rows?: NodeRun[];
  approvals?: Approval[];
  said?: Record<string, string>;
}

function heard({ status = "running", rows = [], approvals = [], said = {} }: Known): Heard {
  return {
    execution: { status } as Execution,
    rows: new Map(rows.map((each) => [each.node_key, each])),
    approvals: new Map(approvals.map((each) => [each.node_key, each])),
    said: new Map(
      Object.entries(said).map(([key, text]) => [key, { attempt: 1, end: text.length, text }]),
    ),
  };
}

function turns(entries: Entry[]): Turn[] {
  return entries.filter((each): each is Turn => each.kind === "turn");
}

describe("a conversation from what is stored", () => {
  const stored = [
    message("system", "You trade."),
    message("user", "How is MSFT?"),
    message("assistant", "Let me look.", calls("price", "news")),
    told("c1", '{"price":1}'),
    told("c2", '{"error":{"code":"Timeout","message":"too slow"}}'),
    message("assistant", "It is at 1.", {
      reply: { usage: { input: 10, output: 5 }, cost_usd: 0.01, finish: "stop" },
    }),
  ];

  it("questions and turns stand in their order, results with their calls", () => {
    const entries = entriesOf(stored, NOTHING_HEARD);
    expect(entries.map((each) => (each.kind === "turn" ? each.key : each.role))).toEqual([
      "system",
      "user",
      "turn_1",
      "turn_2",
    ]);
    const [first] = turns(entries);
    expect(first?.calls.map(({ key, state, result }) => ({ key, state, result }))).toEqual([
      { key: "call_1_1", state: "done", result: { price: 1 } },
      {
        key: "call_1_2",
        state: "failed",
        result: { error: { code: "Timeout", message: "too slow" } },
      },
    ]);
    expect(first?.calls[0]?.arguments).toEqual({ symbol: "MSFT" });
    const failed = first?.calls[1];
    expect(failed && failureOf(failed)).toEqual({ code: "Timeout", message: "too slow" });
  });

  it("the same ids in a later turn are that turn's", () => {
    const again = [...stored, message("assistant", "", calls("price")), told("c1", '{"price":2}')];
    const results = turns(entriesOf(again, NOTHING_HEARD)).map((each) => each.calls[0]?.result);
    expect(results).toEqual([{ price: 1 }, undefined, { price: 2 }]);
  });

  it("counts what it has cost", () => {
    expect(totalOf(entriesOf(stored, NOTHING_HEARD))).toEqual({
      tokensIn: 10,
      tokensOut: 5,
      costUsd: 0.01,
    });
  });
});

describe("a conversation that goes on", () => {
  const question = message("user", "How is MSFT?");

  it("a turn that runs shows what it has said so far", () => {
    const known = heard({ rows: [row("turn_1", "running")], said: { turn_1: "It i" } });
    expect(turns(entriesOf([question], known))).toMatchObject([
      { key: "turn_1", text: "It i", speaking: true },
    ]);
  });

  it("what it says may come before its row", () => {
    const messages = [question, message("assistant", "Up."), message("user", "And now?")];
    const known = heard({ rows: [row("turn_1", "completed")], said: { turn_2: "Down" } });
    expect(turns(entriesOf(messages, known))).toMatchObject([
      { key: "turn_1", text: "Up.", speaking: false },
      { key: "turn_2", text: "Down", speaking: true },
    ]);
  });

  it("its stored message takes its place, though its row runs still", () => {
    const known = heard({ rows: [row("turn_1", "running")], said: { turn_1: "It i" } });
    const entries = entriesOf([question, message("assistant", "It is up.")], known);
    expect(turns(entries)).toMatchObject([{ key: "turn_1", text: "It is up.", speaking: false }]);
  });

  it("a turn that failed keeps its place before later ones", () => {
    const known = heard({
      rows: [
        row("turn_1", "failed", { error: { code: "ModelOverloaded", message: "no room" } }),
        row("turn_2", "completed"),
      ],
    });
    const entries = entriesOf([question, message("assistant", "Now.")], known);
    expect(turns(entries).map(({ key, error }) => [key, error?.code])).toEqual([
      ["turn_1", "ModelOverloaded"],
      ["turn_2", undefined],
    ]);
  });

  const said = (seq: number) => message("assistant", `Said ${seq}.`, { seq });
  const writing = (key: string, seq: number, status = "completed") =>
    row(key, status, { input: { messages: [], seq } });
  const places = (entries: Entry[]) => turns(entries).map(({ key, text }) => [key, text]);

  it("a row tells which message it wrote, whatever its place in the order", () => {
    const rows = [
      writing("turn_2", 12),
      writing("turn_3", 13, "failed"),
      writing("turn_5", 15),
      // It failed after its answer was stored.
      writing("turn_6", 17, "failed"),
    ];
    const known = heard({ rows, said: { turn_7: "More" } });
    expect(places(entriesOf([said(12), said(15), said(17)], known))).toEqual([
      ["turn_2", "Said 12."],
      ["turn_3", ""],
      ["turn_5", "Said 15."],
      ["turn_6", "Said 17."],
      ["turn_7", "More"],
    ]);
  });

  it("rows that do not tell it are taken in their order, between those that do", () => {
    const rows = [
      row("turn_1", "completed", { input: null, truncated: true }),
      writing("turn_2", 12),
      writing("turn_3", 0),
    ];
    expect(places(entriesOf([said(11), said(12), said(13)], heard({ rows })))).toEqual([
      ["turn_1", "Said 11."],
      ["turn_2", "Said 12."],
      ["turn_3", "Said 13."],
    ]);
  });

  it("a message whose row is not here takes no other message's", () => {
    const known = heard({ rows: [writing("turn_2", 12)] });
    expect(places(entriesOf([said(11), said(12)], known))).toEqual([
      ["turn_1", "Said 11."],
      ["turn_2", "Said 12."],
    ]);
  });

  it.each([
    ["waiting", [], [approval("call_1_1", "pending")]],
    ["running", [row("call_1_1", "running")], [approval("call_1_1", "approved")]],
    ["refused", [], [approval("call_1_1", "rejected")]],
    ["refused", [], [approval("call_1_1", "expired")]],
    ["done", [row("call_1_1", "completed", { output: 5 })], []],
    ["asked", [], []],
    ["waiting", [row("call_1_1", "waiting")], []],
    ["refused", [row("call_1_1", "skipped")], []],
  ])("a call is %s", (state, rows, approvals) => {
    const messages = [question, message("assistant", "", calls("buy"))];
    const [turn] = turns(entriesOf(messages, heard({ rows, approvals })));
    expect(turn?.calls[0]?.state).toBe(state);
  });

  it("a call of a run that was stopped is stopped", () => {
    const messages = [question, message("assistant", "", calls("buy"))];
    const [turn] = turns(entriesOf(messages, heard({ status: "cancelled" })));
    expect(turn?.calls[0]?.state).toBe("stopped");
  });
});

describe("whether the agent works", () => {
  const question = message("user", "Hi");
  const answer = message("assistant", "Hello");

  it("while something runs, waits for a person, or an answer is missing", () => {
    expect(isWorking([question, answer], heard({ rows: [row("turn_2", "running")] }))).toBe(true);
    const approvals = [approval("call_1_1", "pending")];
    expect(isWorking([question, answer], heard({ status: "waiting", approvals }))).toBe(true);
    expect(isWorking([question], heard({}))).toBe(true);
    expect(isWorking([message("assistant", "", calls("buy"))], heard({}))).toBe(true);
  });

  it("not once it has answered, waits for a message, or has ended", () => {
    expect(isWorking([question, answer], heard({}))).toBe(false);
    expect(isWorking([question], heard({ status: "waiting" }))).toBe(false);
    expect(isWorking([question], heard({ status: "completed" }))).toBe(false);
    expect(isWorking([], NOTHING_HEARD)).toBe(false);
  });
});
