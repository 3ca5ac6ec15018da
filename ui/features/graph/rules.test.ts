import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Flow, toFlow } from "./codec";
import type { GraphEdge, GraphNode } from "./document";
import { refusal } from "./rules";

function flow(nodes: Partial<GraphNode>[], edges: [string, string, string?][] = []): Flow {
  return toFlow({
    name: "",
    nodes: nodes.map((each) => ({ id: each.key, type: "tool", ...each }) as GraphNode),
    edges: edges.map(
      ([source, target, source_handle], index): GraphEdge => ({
        id: String(index),
        source,
        target,
        ...(source_handle ? { source_handle } : {}),
      }),
    ),
  });
}

function asked(given: Flow, source: string, target: string, sourceHandle: string | null = null) {
  return refusal(given, { source, target, sourceHandle, targetHandle: null });
}

const three = [{ key: "a" }, { key: "b" }, { key: "c" }];

describe("joining two nodes", () => {
  it("two nodes side by side may be joined", () => {
    expect(asked(flow(three), "a", "b")).toBeNull();
    expect(
      asked(
        flow(three, [
          ["a", "b"],
          ["a", "c"],
        ]),
        "b",
        "c",
      ),
    ).toBeNull();
  });

  it("a node is not joined to itself", () => {
    expect(asked(flow(three), "a", "a")).toBe("self");
  });

  it("what does not exist is not joined", () => {
    expect(asked(flow(three), "a", "gone")).toBe("self");
    expect(asked(flow(three), "gone", "a")).toBe("self");
  });

  it("nothing leads to a trigger, but a trigger leads on", () => {
    const given = flow([{ key: "a" }, { key: "t", type: "trigger" }]);
    expect(asked(given, "a", "t")).toBe("trigger");
    expect(asked(given, "t", "a")).toBeNull();
  });

  it("nodes in different containers are not joined", () => {
    const given = flow([
      { key: "p", type: "loop" },
      { key: "q", type: "loop" },
      { key: "x", parent: "p" },
      { key: "y", parent: "p" },
      { key: "z", parent: "q" },
    ]);
    expect(asked(given, "p", "x")).toBe("parent");
    expect(asked(given, "x", "q")).toBe("parent");
    expect(asked(given, "x", "z")).toBe("parent");
    expect(asked(given, "x", "y")).toBeNull();
    expect(asked(given, "p", "q")).toBeNull();
  });

  it("the same way out is not joined twice to the same node", () => {
    const given = flow(three, [
      ["a", "b"],
      ["a", "c", "error"],
    ]);
    expect(asked(given, "a", "b")).toBe("duplicate");
    expect(asked(given, "a", "c", "error")).toBe("duplicate");
  });

  it("another way out may lead to the same node", () => {
    const given = flow(three, [
      ["a", "b"],
      ["a", "c", "error"],
    ]);
    expect(asked(given, "a", "b", "error")).toBeNull();
    expect(asked(given, "a", "c")).toBeNull();
  });

  it("nothing leads back to where it came from", () => {
    const given = flow(three, [
      ["a", "b"],
      ["b", "c", "yes"],
    ]);
    expect(asked(given, "b", "a")).toBe("cycle");
    expect(asked(given, "c", "a", "error")).toBe("cycle");
  });

  it("a graph that already has a cycle does not hang", () => {
    const given = flow(
      [...three, { key: "d" }],
      [
        ["a", "b"],
        ["b", "a"],
      ],
    );
    expect(asked(given, "c", "a")).toBeNull();
  });

  it("whatever is allowed, in whatever order, never makes a cycle", () => {
    const wish = fc.record({
      from: fc.nat({ max: 7 }),
      to: fc.nat({ max: 7 }),
      way: fc.constantFrom(null, "error", "yes"),
    });
    const kinds = fc.array(
      fc.record({ type: fc.constantFrom("tool", "trigger"), inside: fc.boolean() }),
      { minLength: 8, maxLength: 8 },
    );
    fc.assert(
      fc.property(kinds, fc.array(wish, { maxLength: 60 }), (given, wishes) => {
        const drawn = flow([
          { key: "box", type: "loop" },
          ...given.map(({ type, inside }, index) => ({
            key: `n${index}`,
            type,
            ...(inside ? { parent: "box" } : {}),
          })),
        ]);
        for (const { from, to, way } of wishes) {
          const [source, target] = [`n${from}`, `n${to}`];
          if (asked(drawn, source, target, way) !== null) continue;
          drawn.edges.push({ id: `${drawn.edges.length}`, source, target, sourceHandle: way });
        }
        expect(hasCycle(drawn)).toBe(false);
        const distinct = new Set(
          drawn.edges.map((each) => `${each.source} ${each.sourceHandle} ${each.target}`),
        );
        expect(distinct.size).toBe(drawn.edges.length);
      }),
    );
  });
});

function hasCycle({ nodes, edges }: Flow): boolean {
  const left = new Set(nodes.map((each) => each.id));
  for (let before = -1; before !== left.size; ) {
    before = left.size;
    for (const id of left)
      if (!edges.some((each) => each.target === id && left.has(each.source))) left.delete(id);
  }
  return left.size > 0;
}
