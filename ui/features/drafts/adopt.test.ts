import { describe, expect, it } from "vitest";
import { CARD, type GraphDocument, type GraphNode } from "@/features/graph";
import { newId } from "@/lib/new-id";
import { adopted } from "./adopt";

const node = (key: string, more: Partial<GraphNode> = {}): GraphNode => ({
  id: newId(),
  key,
  type: "tool",
  ...more,
});
const edge = (source: string, target: string) => ({ id: newId(), source, target });

function graph(nodes: GraphNode[], edges: [string, string][] = []): GraphDocument {
  return { name: "g", nodes, edges: edges.map(([from, to]) => edge(from, to)) };
}

const known = graph(
  [node("a", { position: { x: 10, y: 20 } }), node("b", { position: { x: 400, y: 20 } })],
  [["a", "b"]],
);
const place = (document: GraphDocument, key: string) =>
  document.nodes.find((each) => each.key === key)?.position;

describe("a draft in the place of what is drawn", () => {
  it("what both have keeps its id and its place, whatever else changes", async () => {
    const found = await adopted(graph([node("b", { name: "B" }), node("a")], [["a", "b"]]), known);
    expect(found.nodes.map(({ id }) => id)).toEqual([known.nodes[1]?.id, known.nodes[0]?.id]);
    expect(place(found, "a")).toEqual({ x: 10, y: 20 });
    expect(found.nodes[0]?.name).toBe("B");
    expect(found.edges[0]?.id).toBe(known.edges[0]?.id);
  });

  it("a new node stands beside what leads to it, and on nothing else", async () => {
    const found = await adopted(
      graph(
        [node("a"), node("b"), node("d"), node("c")],
        [
          ["a", "b"],
          ["a", "c"],
          ["c", "d"],
        ],
      ),
      known,
    );
    expect(place(found, "a")).toEqual({ x: 10, y: 20 });
    expect(place(found, "b")).toEqual({ x: 400, y: 20 });
    const [c, d] = [place(found, "c"), place(found, "d")];
    expect(c?.x).toBeGreaterThan(10 + CARD.width);
    expect(c?.y).toBeGreaterThanOrEqual(20 + CARD.height);
    expect(d?.x).toBeGreaterThan((c?.x ?? 0) + CARD.width);
  });

  it("new nodes in a circle find places too", async () => {
    const found = await adopted(
      graph(
        [...known.nodes, node("c"), node("d")],
        [
          ["c", "d"],
          ["d", "c"],
        ],
      ),
      known,
    );
    expect(place(found, "c")).toBeTruthy();
    expect(place(found, "d")).toBeTruthy();
  });

  it("a new workflow is arranged from left to right", async () => {
    const nothing = { name: "", nodes: [], edges: [] };
    const found = await adopted(graph([node("a"), node("b")], [["a", "b"]]), nothing);
    expect(place(found, "b")?.x).toBeGreaterThan((place(found, "a")?.x ?? 0) + CARD.width);
  });

  it("a node that moves into a container does not take its old place along", async () => {
    const into = graph([
      node("a"),
      node("loop", { type: "loop", position: { x: 0, y: 0 } }),
      node("b", { parent: "loop" }),
    ]);
    const found = await adopted(into, known);
    expect(place(found, "b")).not.toEqual({ x: 400, y: 20 });
    expect(place(found, "b")).toBeTruthy();
  });
});
