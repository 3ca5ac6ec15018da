import { describe, expect, it } from "vitest";
import type { Approval, Delta, Execution, NodeRun } from "@/lib/api/events";
import { NOTHING_HEARD, type Said, withDelta, withEvents } from "./heard";

const delta = (offset: number, text: string, attempt = 1): Delta => ({
  node_key: "turn_1",
  attempt,
  offset,
  text,
});
const said = (...pieces: Delta[]) =>
  pieces.reduce<Said | undefined>((known, piece) => withDelta(known, piece), undefined);
const row = (node_key: string, status: string, attempt = 1) =>
  ({ id: `${node_key}-${attempt}`, node_key, status, attempt }) as NodeRun;

describe("what a model is saying", () => {
  it("is put together of its pieces", () => {
    expect(said(delta(0, "Hel"), delta(3, "lo"))?.text).toBe("Hello");
  });

  it("a piece that comes again, or overlaps, adds only what is new", () => {
    expect(said(delta(0, "Hello"), delta(0, "Hello"))?.text).toBe("Hello");
    expect(said(delta(0, "Hello"), delta(3, "lo, you"))?.text).toBe("Hello, you");
  });

  it("offsets count characters, of which some are two units here", () => {
    expect(said(delta(0, "😀😀"), delta(2, " 좋아요"))?.text).toBe("😀😀 좋아요");
  });

  it("what was missed shows as a gap", () => {
    expect(said(delta(0, "One"), delta(9, "four"))?.text).toBe("One … four");
    expect(said(delta(9, "four"))?.text).toBe(" … four");
  });

  it("another attempt begins anew, and an older one is not heard any more", () => {
    expect(said(delta(0, "Hello"), delta(0, "Good day", 2))?.text).toBe("Good day");
    expect(said(delta(0, "Good day", 2), delta(8, "?", 1))?.text).toBe("Good day");
  });
});

describe("events", () => {
  it("a turn that changes, and the first piece of one, tell of stored messages", () => {
    const first = withEvents(NOTHING_HEARD, [{ kind: "node", data: row("turn_1", "running") }]);
    expect(first.news).toBe(true);
    const same = withEvents(first.heard, [{ kind: "node", data: row("turn_1", "running") }]);
    expect(same.news).toBe(false);
    const spoke = withEvents(same.heard, [{ kind: "delta", data: delta(0, "H") }]);
    expect(spoke.news).toBe(true);
    expect(withEvents(spoke.heard, [{ kind: "delta", data: delta(1, "i") }]).news).toBe(false);
    const done = withEvents(spoke.heard, [{ kind: "node", data: row("turn_1", "completed") }]);
    expect(done.news).toBe(true);
  });

  it("calls do not, and the newest attempt of each is kept", () => {
    const { heard, news } = withEvents(NOTHING_HEARD, [
      { kind: "node", data: row("call_1_1", "running", 2) },
      { kind: "node", data: row("call_1_1", "failed", 1) },
    ]);
    expect(news).toBe(false);
    expect(heard.rows.get("call_1_1")?.status).toBe("running");
  });

  it("the end and a new status of the run tell of messages", () => {
    expect(withEvents(NOTHING_HEARD, [{ kind: "end" }]).news).toBe(true);
    const execution = { status: "running" } as Execution;
    const { heard, news } = withEvents(NOTHING_HEARD, [{ kind: "execution", data: execution }]);
    expect(news).toBe(true);
    expect(withEvents(heard, [{ kind: "execution", data: execution }]).news).toBe(false);
  });

  it("an approval belongs to its call, and the waiting is no row of it", () => {
    const approval = { node_key: "call_1_2#approval", status: "pending" } as Approval;
    const { heard } = withEvents(NOTHING_HEARD, [
      { kind: "approval", data: approval },
      { kind: "node", data: row("call_1_2#approval", "completed") },
    ]);
    expect(heard.approvals.get("call_1_2")?.status).toBe("pending");
    expect(heard.rows.size).toBe(0);
  });
});
