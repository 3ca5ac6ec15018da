import fc from "fast-check";
import { beforeEach, describe, expect, it, vi } from "vitest";
import {
  attemptsOf,
  comparePaths,
  type Execution,
  follow,
  type LogLine,
  lookOf,
  type NodeRun,
  runIsLive,
  take,
  useRun,
} from "./store";

let count = 0;

function attempt(node_key: string, more: Partial<NodeRun> = {}): NodeRun {
  count += 1;
  return {
    id: `id-${count}`,
    node_key,
    node_type: "tool",
    name: node_key,
    path: "",
    attempt: 1,
    status: "running",
    input: null,
    output: null,
    error: null,
    reason: null,
    usage: null,
    started_at: null,
    ended_at: null,
    temporal: { run_id: "r", scheduled_event_id: count, url: null },
    truncated: false,
    ...more,
  };
}

function line(message: string): LogLine {
  const timestamp = "2026-01-01T00:00:00Z";
  return { timestamp, level: "info", node_key: "a", path: "", message, data: null };
}

const node = (data: NodeRun) => ({ kind: "node", data }) as const;

beforeEach(() => useRun.setState(useRun.getInitialState(), true));
beforeEach(() => {
  const { byKey, looks } = useRun.getState();
  byKey.clear();
  looks.clear();
});

describe("the order of passes", () => {
  it("passes are counted as numbers, and outer ones come before inner ones", () => {
    const sorted = ["", "2", "3", "3.0", "3.1.4", "3.2", "10", "10.9", "10.10"];
    expect([...sorted].reverse().sort(comparePaths)).toEqual(sorted);
  });

  it("the order is a total one", () => {
    const path = fc.array(fc.nat({ max: 12 }), { maxLength: 4 }).map((steps) => steps.join("."));
    fc.assert(
      fc.property(path, path, path, (a, b, c) => {
        expect(Math.sign(comparePaths(a, b)) + Math.sign(comparePaths(b, a))).toBe(0);
        expect(comparePaths(a, b) === 0).toBe(a === b);
        if (comparePaths(a, b) <= 0 && comparePaths(b, c) <= 0)
          expect(comparePaths(a, c)).toBeLessThanOrEqual(0);
      }),
    );
  });
});

describe("how a node looks", () => {
  it("one attempt looks like itself", () => {
    expect(lookOf([attempt("a")])).toEqual({
      status: "running",
      counts: { running: 1 },
      detail: undefined,
    });
  });

  it("attempts of one pass count once, as the last one is", () => {
    const tries = [
      attempt("a", { status: "failed" }),
      attempt("a", { attempt: 2, status: "completed" }),
    ];
    const look = { status: "completed", counts: { completed: 1 }, detail: "#2" };
    expect(lookOf(tries)).toEqual(look);
    expect(lookOf([...tries].reverse())).toEqual(look);
  });

  it("a failed single attempt tells its error", () => {
    const failed = { status: "failed" } as const;
    expect(lookOf([attempt("a", { ...failed, error: { message: "no" } })]).detail).toBe("no");
    expect(lookOf([attempt("a", { ...failed, error: { code: "E1" } })]).detail).toBe("E1");
    expect(lookOf([attempt("a", { ...failed, error: {} })]).detail).toBe("");
  });

  it("several passes are counted by status, with how many are done", () => {
    const passes = (["completed", "skipped", "running", "pending"] as const).map((status, index) =>
      attempt("a", { path: String(index), status }),
    );
    expect(lookOf(passes)).toEqual({
      status: "running",
      counts: { completed: 1, skipped: 1, running: 1, pending: 1 },
      detail: "2/4",
    });
  });

  it("what is worst or still going on wins over what is done", () => {
    const order = [
      "failed",
      "running",
      "waiting",
      "paused",
      "pending",
      "cancelled",
      "completed",
      "skipped",
    ] as const;
    order.forEach((first, index) => {
      for (const second of order.slice(index)) {
        const passes = [
          attempt("a", { path: "0", status: second }),
          attempt("a", { path: "1", status: first }),
        ];
        expect(lookOf(passes).status).toBe(first);
      }
    });
  });

  it("a node without attempts is pending", () => {
    expect(lookOf([]).status).toBe("pending");
  });
});

describe("taking up events", () => {
  it("only the look of the node that changed is a new one", () => {
    take([node(attempt("a")), node(attempt("b")), node(attempt("c"))]);
    const before = new Map(useRun.getState().looks);
    take([node(attempt("b", { path: "1" })), { kind: "log", data: line("x") }]);
    const { looks } = useRun.getState();
    expect(looks.get("a")).toBe(before.get("a"));
    expect(looks.get("c")).toBe(before.get("c"));
    expect(looks.get("b")).not.toBe(before.get("b"));
    expect([...looks.keys()]).toEqual(["a", "b", "c"]);
  });

  it("whatever comes, nodes without events keep their look", () => {
    const key = fc.constantFrom("a", "b", "c", "d");
    const batch = fc.array(fc.record({ key, path: fc.constantFrom("", "0", "1") }), {
      maxLength: 6,
    });
    fc.assert(
      fc.property(fc.array(batch, { maxLength: 6 }), (batches) => {
        for (const events of batches) {
          const before = new Map(useRun.getState().looks);
          take(events.map(({ key, path }) => node(attempt(key, { path }))));
          const touched = new Set<string>(events.map((each) => each.key));
          for (const [known, look] of before)
            if (!touched.has(known)) expect(useRun.getState().looks.get(known)).toBe(look);
        }
      }),
      { numRuns: 40 },
    );
  });

  it("a newer state of an attempt takes the place of the older one", () => {
    const first = attempt("a");
    take([node(first)]);
    take([node({ ...first, status: "completed" })]);
    expect(useRun.getState().looks.get("a")).toMatchObject({
      status: "completed",
      counts: { completed: 1 },
    });
    expect(attemptsOf(useRun.getState(), "a")).toHaveLength(1);
  });

  it("attempts are listed by pass, then as they were scheduled", () => {
    const [second, first, other] = [
      attempt("a", { path: "10" }),
      attempt("a", { path: "2" }),
      attempt("b"),
    ];
    const again = attempt("a", { path: "2", attempt: 2 });
    take([second, again, first, other].map(node));
    expect(attemptsOf(useRun.getState(), "a")).toEqual([first, again, second]);
    expect(attemptsOf(useRun.getState(), "gone")).toEqual([]);
  });

  it("the store is told once, however many events there are", () => {
    const told = vi.fn();
    const stop = useRun.subscribe(told);
    take([node(attempt("a")), node(attempt("b")), { kind: "log", data: line("x") }]);
    stop();
    expect(told).toHaveBeenCalledTimes(1);
    expect(useRun.getState().revision).toBe(1);
  });

  it("the last 5000 lines of the log are kept", () => {
    const lines = (from: number, many: number) =>
      Array.from({ length: many }, (_, index) => ({
        kind: "log" as const,
        data: line(String(from + index)),
      }));
    take(lines(0, 4_990));
    expect(useRun.getState().logs).toHaveLength(4_990);
    take(lines(4_990, 20));
    const { logs } = useRun.getState();
    expect(logs).toHaveLength(5_000);
    expect([logs[0]?.message, logs.at(-1)?.message]).toEqual(["10", "5009"]);
    take(lines(0, 6_000));
    expect(useRun.getState().logs).toHaveLength(5_000);
  });

  it("events without log lines leave the log as it is", () => {
    take([{ kind: "log", data: line("x") }]);
    const { logs } = useRun.getState();
    take([node(attempt("a"))]);
    expect(useRun.getState().logs).toBe(logs);
  });

  it("the run is live until its execution has ended", () => {
    expect(runIsLive(useRun.getState())).toBe(false);
    take([{ kind: "execution", data: { status: "running" } as Execution }]);
    expect(runIsLive(useRun.getState())).toBe(true);
    take([{ kind: "execution", data: { status: "failed" } as Execution }]);
    expect(runIsLive(useRun.getState())).toBe(false);
  });

  it("the end of the stream ends the connection", () => {
    take([{ kind: "end" }]);
    expect(useRun.getState().connection).toBe("ended");
  });

  it("following another run begins with nothing", () => {
    vi.stubGlobal("fetch", () => new Promise(() => {}));
    vi.stubGlobal("Request", class {});
    take([node(attempt("a")), { kind: "log", data: line("x") }]);
    follow("other")();
    expect(useRun.getState()).toMatchObject({ connection: "connecting", revision: 0, logs: [] });
    expect(useRun.getState().looks.size).toBe(0);
  });
});
