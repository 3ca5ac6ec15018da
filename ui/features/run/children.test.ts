import { beforeEach, describe, expect, it } from "vitest";
import { hasRun, namedRun, runsOf, toldBelow } from "./children";
import { type Execution, type NodeRun, take, useRun } from "./store";

const time = (seconds: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, seconds)).toISOString();
let count = 0;

function attempt(more: Partial<NodeRun> = {}): NodeRun {
  count += 1;
  return {
    id: `row-${count}`,
    node_key: "ask",
    node_type: "agent",
    name: "Ask",
    path: "",
    attempt: 1,
    status: "running",
    input: null,
    output: null,
    error: null,
    reason: null,
    usage: null,
    started_at: time(0),
    ended_at: null,
    temporal: { run_id: "r", scheduled_event_id: count, url: null },
    truncated: false,
    ...more,
  };
}

function run(id: string, began: number, more: Partial<Execution> = {}): Execution {
  return {
    id,
    parent_node_key: "ask",
    status: "running",
    created_at: time(began),
    started_at: time(began),
    ...more,
  } as Execution;
}

const pairs = (attempts: NodeRun[], runs: Execution[]) =>
  runsOf("ask", attempts, runs).map((each) => [each.run.id, each.attempt?.path]);

describe("which run an attempt is", () => {
  it("an agent's output names it", () => {
    const ended = attempt({ output: { text: "x", execution_id: "one" }, status: "completed" });
    expect(namedRun(ended)).toBe("one");
    expect(namedRun(attempt())).toBeNull();
    expect(
      namedRun(attempt({ node_type: "workflow", output: { execution_id: "one" } })),
    ).toBeNull();
  });

  it("the runs of other nodes are none of it", () => {
    const runs = [run("one", 1), run("other", 1, { parent_node_key: "else" })];
    expect(pairs([attempt()], runs)).toEqual([["one", ""]]);
  });

  it("one pass after the other: by the time that they took", () => {
    const first = attempt({ path: "0", started_at: time(0), ended_at: time(5) });
    const second = attempt({ path: "1", started_at: time(6) });
    expect(pairs([first, second], [run("a", 1), run("b", 7)])).toEqual([
      ["a", "0"],
      ["b", "1"],
    ]);
  });

  it("passes at once cannot be told apart until their outputs name them", () => {
    const left = attempt({ path: "0" });
    const right = attempt({ path: "1" });
    const runs = [run("a", 1), run("b", 1)];
    expect(pairs([left, right], runs)).toEqual([
      ["a", undefined],
      ["b", undefined],
    ]);
    const told = { ...left, output: { execution_id: "b" }, ended_at: time(9) };
    expect(pairs([told, right], runs)).toEqual([
      ["a", "1"],
      ["b", "0"],
    ]);
  });

  it("a run that began before the attempt is not its own", () => {
    expect(pairs([attempt({ started_at: time(5) })], [run("early", 1)])).toEqual([
      ["early", undefined],
    ]);
  });
});

describe("what has a run of its own", () => {
  it("agents and sub-workflows do, the turns of an agent do not", () => {
    expect(hasRun(attempt())).toBe(true);
    expect(hasRun(attempt({ node_type: "workflow" }))).toBe(true);
    expect(hasRun(attempt({ node_type: "tool" }))).toBe(false);
    expect(hasRun(attempt({ node_key: "turn_12" }))).toBe(false);
  });
});

describe("when the runs below are asked for again", () => {
  beforeEach(() => {
    useRun.setState(useRun.getInitialState(), true);
    useRun.getState().byKey.clear();
  });

  it("when such a node begins or ends, and at nothing else", () => {
    const node = (data: NodeRun) => ({ kind: "node", data }) as const;
    expect(toldBelow(useRun.getState())).toBe("");
    take([node(attempt({ node_key: "fetch", node_type: "tool" }))]);
    expect(toldBelow(useRun.getState())).toBe("");
    const began = attempt();
    take([node(began)]);
    const before = toldBelow(useRun.getState());
    expect(before).not.toBe("");
    take([node({ ...began, name: "other" })]);
    expect(toldBelow(useRun.getState())).toBe(before);
    take([node({ ...began, status: "completed" })]);
    expect(toldBelow(useRun.getState())).not.toBe(before);
  });
});
