import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compare, isEmpty } from "./diff";
import type { GraphDocument, GraphNode, Json, JsonObject } from "./document";

const base: GraphDocument = {
  name: "first",
  variables: { a: 1, b: { c: 2, d: 3 } },
  nodes: [
    {
      id: "1",
      key: "a",
      type: "tool",
      position: { x: 0, y: 0 },
      config: { kind: "http", url: "u" },
    },
    { id: "2", key: "b", type: "delay", config: { seconds: 1 } },
  ],
  edges: [{ id: "e", source: "a", target: "b" }],
};

function withNode(key: string, patch: Partial<GraphNode>): GraphDocument {
  const nodes = base.nodes.map((node) => (node.key === key ? { ...node, ...patch } : node));
  return { ...base, nodes };
}

const NONE = {
  added: [],
  removed: [],
  changed: [],
  edgesAdded: [],
  edgesRemoved: [],
  settings: [],
};

/** The same value, with its keys the other way round, at every depth. */
function turned(value: Json): Json {
  if (Array.isArray(value)) return value.map(turned);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, item]) => [key, turned(item)]),
  );
}

describe("what differs between two documents", () => {
  it("a document does not differ from itself", () => {
    expect(compare(base, base)).toEqual(NONE);
    expect(isEmpty(compare(base, structuredClone(base)))).toBe(true);
  });

  it("any document does not differ from itself, whatever the order of keys", () => {
    const json = fc.dictionary(fc.string(), fc.jsonValue());
    fc.assert(
      fc.property(json, json, (config, variables) => {
        const document = {
          ...base,
          variables: variables as JsonObject,
          nodes: [{ id: "1", key: "a", type: "tool", config: config as JsonObject }],
        };
        expect(compare(document, document)).toEqual(NONE);
        const other = turned(document as unknown as Json) as unknown as GraphDocument;
        expect(compare(document, other)).toEqual(NONE);
      }),
    );
  });

  it("the order of items in a list is a change", () => {
    const [before, after] = [
      [1, 2],
      [2, 1],
    ].map((list) => withNode("a", { inputs: { list } }));
    expect(compare(before as GraphDocument, after as GraphDocument).changed).toEqual([
      { key: "a", fields: ["inputs"] },
    ]);
  });

  it("added and removed nodes are told by key", () => {
    const after = { ...base, nodes: [...base.nodes, { id: "3", key: "c", type: "tool" }] };
    expect(compare(base, after)).toEqual({ ...NONE, added: ["c"] });
    expect(compare(after, base)).toEqual({ ...NONE, removed: ["c"] });
  });

  it("a changed node is told with the fields that changed", () => {
    const after = withNode("a", { config: { kind: "http", url: "v" }, notes: "new", tool: "t" });
    expect(compare(base, after)).toEqual({
      ...NONE,
      changed: [{ key: "a", fields: ["config", "notes", "tool"] }],
    });
  });

  it("a field that went away is a change", () => {
    expect(compare(withNode("a", { notes: "n" }), base).changed).toEqual([
      { key: "a", fields: ["notes"] },
    ]);
  });

  it("moving a node is no change, and neither is another id", () => {
    expect(compare(base, withNode("a", { position: { x: 9, y: 9 }, id: "other" }))).toEqual(NONE);
    expect(compare(base, withNode("a", { position: null }))).toEqual(NONE);
  });

  it("the order of nodes is no change", () => {
    expect(compare(base, { ...base, nodes: [...base.nodes].reverse() })).toEqual(NONE);
  });

  it("nothing, null and an empty object are the same", () => {
    expect(compare(base, withNode("a", { notes: null, inputs: {} }))).toEqual(NONE);
    expect(compare(base, { ...base, description: null, output: null })).toEqual(NONE);
  });

  it("edges are the same by their ends and their way out", () => {
    const again = { ...base, edges: [{ id: "other", source: "a", target: "b" }] };
    expect(compare(base, again)).toEqual(NONE);
    const error = { id: "e", source: "a", target: "b", source_handle: "error" };
    expect(compare(base, { ...base, edges: [error] })).toEqual({
      ...NONE,
      edgesAdded: [error],
      edgesRemoved: base.edges,
    });
  });

  it("changed settings are told by name", () => {
    const after: GraphDocument = {
      ...base,
      name: "second",
      description: "d",
      variables: { a: 1, b: { d: 3, c: 2 } },
      failure_mode: "fail_fast",
      output: "{{ nodes.b.output }}",
    };
    expect(compare(base, after)).toEqual({
      ...NONE,
      settings: ["name", "description", "failure_mode", "output"],
    });
    expect(isEmpty(compare(base, after))).toBe(false);
  });
});
