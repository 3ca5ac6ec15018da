import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CARD, cardHeight, fromFlow, parentsFirst, toFlow } from "./codec";
import { CONTAINERS, type GraphDocument, type GraphEdge, type GraphNode } from "./document";

const node = (key: string, more: Partial<GraphNode> = {}): GraphNode => ({
  id: `id-${key}`,
  key,
  type: "tool",
  position: { x: 0, y: 0 },
  ...more,
});

const edge = (source: string, target: string, more: Partial<GraphEdge> = {}): GraphEdge => ({
  id: `${source}-${target}`,
  source,
  target,
  ...more,
});

const place = fc.record({
  x: fc.integer({ min: -2_000, max: 2_000 }),
  y: fc.integer({ min: -2_000, max: 2_000 }),
});
const extra = fc.dictionary(
  fc.constantFrom("name", "notes", "on_error", "config", "inputs", "retry", "x_later", "meta"),
  fc.oneof(fc.jsonValue(), fc.constant("branch")),
);
const seed = fc.record({
  type: fc.constantFrom("tool", "condition", "adapter", "delay", "parallel", "loop"),
  position: place,
  parent: fc.nat(),
  extra,
  order: fc.nat(),
});
const link = fc.record({
  from: fc.nat(),
  to: fc.nat(),
  handle: fc.option(fc.string({ minLength: 1 }), { nil: undefined }),
  label: fc.option(fc.string(), { nil: undefined }),
  extra: fc.dictionary(fc.constantFrom("x_colour", "meta"), fc.jsonValue()),
});
const name = fc.string();

const documents = fc
  .record({
    seeds: fc.uniqueArray(seed, { maxLength: 12, selector: (each) => each.order }),
    links: fc.array(link, { maxLength: 15 }),
    name,
    variables: fc.dictionary(fc.string(), fc.jsonValue()),
  })
  .map(({ seeds, links, name, variables }): GraphDocument => {
    const nodes: GraphNode[] = [];
    for (const [index, { type, position, parent, extra }] of seeds.entries()) {
      const containers = nodes.filter((each) => CONTAINERS.has(each.type));
      const inside = containers[parent % (containers.length + 1)]?.key;
      nodes.push({
        ...(extra as object),
        id: `id-${index}`,
        key: `node_${index}`,
        type,
        position,
        ...(inside ? { parent: inside } : {}),
      });
    }
    const edges = links.flatMap(({ from, to, handle, label, extra }, index): GraphEdge[] => {
      const source = nodes[from % Math.max(nodes.length, 1)];
      const beside = nodes.filter((each) => each !== source && each.parent === source?.parent);
      const target = beside[to % Math.max(beside.length, 1)];
      if (!source || !target) return [];
      return [
        {
          ...extra,
          id: `edge-${index}`,
          source: source.key,
          target: target.key,
          ...(handle === undefined ? {} : { source_handle: handle }),
          ...(label === undefined ? {} : { label }),
        },
      ];
    });
    const orders = new Map(seeds.map((each, index) => [`node_${index}`, each.order]));
    nodes.sort((a, b) => (orders.get(a.key) ?? 0) - (orders.get(b.key) ?? 0));
    return { name, variables: variables as GraphDocument["variables"], nodes, edges };
  });

function byKey(document: GraphDocument): GraphDocument {
  return { ...document, nodes: [...document.nodes].sort((a, b) => (a.key < b.key ? -1 : 1)) };
}

function back(document: GraphDocument): GraphDocument {
  const { nodes: _nodes, edges: _edges, ...settings } = document;
  return fromFlow(toFlow(document), settings);
}

describe("a document and its drawing", () => {
  it("a document comes back from its drawing as it was", () => {
    fc.assert(
      fc.property(documents, (document) => {
        expect(byKey(back(document))).toEqual(byKey(document));
      }),
    );
  });

  it("a document with containers first keeps the order of its nodes", () => {
    fc.assert(
      fc.property(documents, (document) => {
        const once = back(document);
        expect(back(once)).toEqual(once);
      }),
    );
  });

  it("the drawing leaves the document alone", () => {
    fc.assert(
      fc.property(documents, (document) => {
        const copy = structuredClone(document);
        back(document);
        expect(document).toEqual(copy);
      }),
    );
  });

  it("containers come before what they hold", () => {
    fc.assert(
      fc.property(documents, (document) => {
        const seen = new Set<string>();
        for (const drawn of toFlow(document).nodes) {
          if (drawn.parentId) expect(seen).toContain(drawn.parentId);
          seen.add(drawn.id);
        }
      }),
    );
  });

  it("a container encloses everything it holds", () => {
    fc.assert(
      fc.property(documents, (document) => {
        const { nodes } = toFlow(document);
        const byId = new Map(nodes.map((each) => [each.id, each]));
        for (const child of nodes) {
          const holder = child.parentId ? byId.get(child.parentId) : undefined;
          if (!holder) continue;
          expect(holder.width).toBeGreaterThan(child.position.x + (child.width ?? 0));
          expect(holder.height).toBeGreaterThan(child.position.y + (child.height ?? 0));
        }
      }),
    );
  });

  it("a far child makes its container and the one around it grow", () => {
    const { nodes } = toFlow({
      name: "",
      nodes: [
        node("far", { parent: "inner", position: { x: 900, y: 700 } }),
        node("inner", { type: "loop", parent: "outer", position: { x: 50, y: 60 } }),
        node("outer", { type: "parallel" }),
      ],
      edges: [],
    });
    const [outer, inner] = nodes;
    expect(nodes.map((each) => each.id)).toEqual(["id-outer", "id-inner", "id-far"]);
    expect(inner?.width).toBeGreaterThan(900 + CARD.width);
    expect(inner?.height).toBeGreaterThan(700 + CARD.height);
    expect(outer?.width).toBeGreaterThan(50 + (inner?.width ?? 0));
    expect(outer?.height).toBeGreaterThan(60 + (inner?.height ?? 0));
  });

  it("an empty container has a size to drop things on", () => {
    const [loop] = toFlow({ name: "", nodes: [node("a", { type: "loop" })], edges: [] }).nodes;
    expect(loop).toMatchObject({ type: "container", width: 300, height: 150 });
  });

  it("a card has a line for each named way out", () => {
    const plain = cardHeight(node("a"));
    const one = cardHeight(node("a", { on_error: "branch" }));
    const config = { branches: [{ handle: "yes" }], default: "no" };
    const three = cardHeight(node("a", { type: "condition", on_error: "branch", config }));
    expect(plain).toBe(CARD.height);
    expect(three - plain).toBe(3 * (one - plain));
  });

  it.each([
    ["two nodes in each other", { a: "b", b: "a" }],
    ["a node in itself", { a: "a", b: undefined }],
    ["three nodes in a circle", { a: "b", b: "c", c: "a" }],
  ])("parents in a circle do not hang and stand at top level: %s", (_what, parents) => {
    const nodes = Object.entries(parents).map(([key, parent]) =>
      node(key, { type: "loop", ...(parent ? { parent } : {}) }),
    );
    const drawn = toFlow({ name: "", nodes, edges: [] }).nodes;
    expect(drawn).toHaveLength(nodes.length);
    expect(drawn.filter((each) => each.parentId)).toEqual([]);
    expect(parentsFirst(nodes)).toHaveLength(nodes.length);
  });

  it("a node in a missing container stands at top level", () => {
    const [drawn] = toFlow({ name: "", nodes: [node("a", { parent: "gone" })], edges: [] }).nodes;
    expect(drawn?.parentId).toBeUndefined();
  });

  it("a node without a position stands at the origin", () => {
    const [drawn] = toFlow({ name: "", nodes: [node("a", { position: null })], edges: [] }).nodes;
    expect(drawn?.position).toEqual({ x: 0, y: 0 });
  });

  it("positions become whole numbers in the document", () => {
    const document = { name: "", nodes: [node("a", { position: { x: 1.4, y: 2.6 } })], edges: [] };
    expect(back(document).nodes[0]?.position).toEqual({ x: 1, y: 3 });
  });

  it("edges to and from missing nodes are dropped", () => {
    const nodes = [node("a"), node("b")];
    const edges = [edge("a", "b"), edge("a", "gone"), edge("gone", "b"), edge("gone", "gone")];
    const document = { name: "", nodes, edges };
    expect(toFlow(document).edges.map((each) => each.id)).toEqual(["a-b"]);
    expect(back(document).edges).toEqual([edge("a", "b")]);
  });

  it("an edge is drawn with its way out and its label", () => {
    const edges = [edge("a", "b", { source_handle: "error", label: "oh no" })];
    const [drawn] = toFlow({ name: "", nodes: [node("a"), node("b")], edges }).edges;
    expect(drawn).toMatchObject({
      source: "id-a",
      target: "id-b",
      sourceHandle: "error",
      label: "oh no",
    });
  });
});
