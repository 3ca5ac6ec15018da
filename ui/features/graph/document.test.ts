import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  freeKey,
  type GraphDocument,
  type GraphNode,
  hasPlainWayOut,
  isPreviewable,
  keyOf,
  readDocument,
  renameKey,
  title,
  waysOut,
} from "./document";

const KEY = /^[a-z][a-z0-9_]{0,62}$/;

function node(type: string, more: Partial<GraphNode> = {}): GraphNode {
  return { id: "1", key: "a", type, ...more };
}

describe("ways out", () => {
  const branches = [{ handle: "big" }, { handle: "small" }];

  it("a plain node has none with a name, but its plain one", () => {
    expect(waysOut(node("tool"))).toEqual([]);
    expect(hasPlainWayOut(node("tool"))).toBe(true);
  });

  it("a condition has its branches in order, then the default", () => {
    const condition = node("condition", { config: { branches, default: "else" } });
    expect(waysOut(condition)).toEqual(["big", "small", "else"]);
    expect(hasPlainWayOut(condition)).toBe(false);
  });

  it("a default that is also a branch counts once", () => {
    const condition = node("condition", { config: { branches, default: "big" } });
    expect(waysOut(condition)).toEqual(["big", "small"]);
  });

  it("the error way comes last, beside the plain way", () => {
    expect(waysOut(node("tool", { on_error: "branch" }))).toEqual(["error"]);
    expect(hasPlainWayOut(node("tool", { on_error: "branch" }))).toBe(true);
    const condition = node("condition", { config: { branches }, on_error: "branch" });
    expect(waysOut(condition)).toEqual(["big", "small", "error"]);
  });

  it("a wait for an event has a way out for when its time is up, beside the plain one", () => {
    const config = { event: "paid" };
    expect(waysOut(node("event", { config }))).toEqual(["timeout"]);
    expect(waysOut(node("event", { config, on_error: "branch" }))).toEqual(["timeout", "error"]);
    expect(hasPlainWayOut(node("event", { config }))).toBe(true);
  });

  it("other ways to treat errors add no way out", () => {
    expect(waysOut(node("tool", { on_error: "continue" }))).toEqual([]);
  });

  it("branches mean nothing on a node that is no condition", () => {
    expect(waysOut(node("tool", { config: { branches } }))).toEqual([]);
  });

  it("a condition without branches has its plain way out", () => {
    const configs: GraphNode["config"][] = [
      undefined,
      null,
      {},
      { branches: [] },
      { branches: "no" },
    ];
    for (const config of configs) expect(hasPlainWayOut(node("condition", { config }))).toBe(true);
  });

  it("broken branches are passed over", () => {
    const config: GraphNode["config"] = { branches: [null, {}, { handle: "" }, { handle: "ok" }] };
    expect(waysOut(node("condition", { config }))).toEqual(["ok"]);
  });

  it("a condition with nothing but an error branch still has its plain way out", () => {
    const condition = node("condition", { on_error: "branch" });
    expect(waysOut(condition)).toEqual(["error"]);
    expect(hasPlainWayOut(condition)).toBe(true);
  });
});

describe("keys", () => {
  it.each([
    ["Fetch prices", "fetch_prices"],
    ["  2 Fast ", "fast"],
    ["__init__", "init"],
    ["HTTP/2 call!", "http_2_call"],
    ["가격", "node"],
    ["", "node"],
    ["123", "node"],
  ])("%j becomes %j", (text, key) => {
    expect(keyOf(text)).toBe(key);
  });

  it("any text becomes a valid key", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 200 }), (text) => {
        expect(keyOf(text)).toMatch(KEY);
      }),
    );
  });

  it("a valid key of up to 60 characters without a line at its end stays as it is", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z]([a-z0-9_]?[a-z0-9]){0,29}$/), (key) => {
        fc.pre(!key.includes("__"));
        expect(keyOf(key)).toBe(key);
      }),
    );
  });

  it("a free key is valid and not taken", () => {
    const wanted = fc.oneof(
      fc.string({ unit: "binary", maxLength: 100 }),
      fc.stringMatching(/^[a-z][a-z0-9_]{0,80}$/),
    );
    fc.assert(
      fc.property(wanted, fc.nat({ max: 90 }), fc.array(fc.string()), (text, many, others) => {
        const stem = keyOf(text);
        const taken = new Set([stem, ...others]);
        for (let count = 0; count < many; count += 1) taken.add(freeKey(text, taken));
        const free = freeKey(text, taken);
        expect(free).toMatch(KEY);
        expect(taken).not.toContain(free);
      }),
    );
  });

  it("the hundredth free key of a long name is still valid", () => {
    const taken = new Set<string>();
    for (let count = 0; count < 99; count += 1) taken.add(freeKey("a".repeat(60), taken));
    expect(freeKey("a".repeat(60), taken)).toMatch(KEY);
  });

  it("numbers go up from the wanted key", () => {
    expect(freeKey("fetch", new Set())).toBe("fetch");
    expect(freeKey("fetch", new Set(["fetch"]))).toBe("fetch_2");
    expect(freeKey("fetch_2", new Set(["fetch_2"]))).toBe("fetch_3");
    expect(freeKey("fetch", new Set(["fetch", "fetch_2", "fetch_3"]))).toBe("fetch_4");
  });
});

describe("renaming a key", () => {
  const before: GraphDocument = {
    name: "nodes.old",
    description: "about {{ nodes.old }}",
    output: { sum: "{{ nodes.old.output.sum }}", "nodes.old": 1 },
    nodes: [
      { id: "1", key: "old", type: "loop", name: "old" },
      { id: "2", key: "older", type: "tool", parent: "old" },
      {
        id: "3",
        key: "last",
        type: "tool",
        inputs: {
          a: "{{ nodes.old.output }}",
          b: "{{ nodes.older.output + nodes.old.output }}",
          c: "nodes.old.output",
          d: ["{{ nodes.old }}", { "{{ nodes.old }}": "{{nodes.old.output[0]}}" }],
          e: 7,
          f: null,
          g: "{{ nodes.old_2.output }}",
          h: "{{ my_nodes.old }}",
        },
        config: { when: "{{ nodes.old.output > 1 }}" },
      },
    ],
    edges: [
      { id: "e1", source: "old", target: "last", label: "old" },
      { id: "e2", source: "last", target: "old" },
    ],
  };
  const after = renameKey(before, "old", "new");
  const inputs = after.nodes[2]?.inputs;

  it("the node has the new key and keeps its id and name", () => {
    expect(after.nodes[0]).toEqual({ id: "1", key: "new", type: "loop", name: "old" });
  });

  it("edges and parents follow", () => {
    expect(after.edges).toEqual([
      { id: "e1", source: "new", target: "last", label: "old" },
      { id: "e2", source: "last", target: "new" },
    ]);
    expect(after.nodes[1]).toEqual({ id: "2", key: "older", type: "tool", parent: "new" });
  });

  it("expressions in inputs, configuration and the output follow, however deep", () => {
    expect(inputs?.a).toBe("{{ nodes.new.output }}");
    expect(inputs?.d).toEqual([
      "{{ nodes.new }}",
      { "{{ nodes.old }}": "{{nodes.new.output[0]}}" },
    ]);
    expect(after.nodes[2]?.config).toEqual({ when: "{{ nodes.new.output > 1 }}" });
    expect(after.output).toEqual({ sum: "{{ nodes.new.output.sum }}", "nodes.old": 1 });
  });

  it("keys that only begin alike stay", () => {
    expect(inputs?.b).toBe("{{ nodes.older.output + nodes.new.output }}");
    expect(inputs?.g).toBe("{{ nodes.old_2.output }}");
    expect(inputs?.h).toBe("{{ my_nodes.old }}");
  });

  it("texts without braces, numbers and nothing stay", () => {
    expect(inputs).toMatchObject({ c: "nodes.old.output", e: 7, f: null });
    expect(after).toMatchObject({ name: "nodes.old", description: "about {{ nodes.old }}" });
  });

  it("no fields appear that were not there", () => {
    const bare = { name: "", nodes: [node("tool")], edges: [] };
    expect(renameKey(bare, "a", "b")).toStrictEqual({
      ...bare,
      nodes: [{ ...bare.nodes[0], key: "b" }],
    });
  });

  it("renaming there and back changes nothing", () => {
    expect(renameKey(after, "new", "old")).toEqual(before);
  });

  const renamed = (text: string) =>
    renameKey({ name: "", output: text, nodes: [], edges: [] }, "old", "new").output;

  it("a key in brackets follows", () => {
    expect(renamed('{{ nodes["old"].output }}')).toBe('{{ nodes["new"].output }}');
  });

  it("words outside the braces stay, beside an expression", () => {
    expect(renamed("nodes.old is {{ nodes.old.output }}")).toBe(
      "nodes.old is {{ nodes.new.output }}",
    );
  });

  it("a field of something else that is called nodes stays", () => {
    expect(renamed("{{ input.nodes.old }}")).toBe("{{ input.nodes.old }}");
  });
});

describe("reading what the server sent", () => {
  it("ids are given where they are missing, and kept where they are not", () => {
    const document = readDocument({
      nodes: [
        { key: "a", type: "tool" },
        { id: "mine", key: "b", type: "tool" },
      ],
      edges: [{ source: "a", target: "b" }],
    });
    expect(document.name).toBe("");
    expect(document.nodes[0]?.id).toMatch(/^[0-9a-f-]{36}$/);
    expect(document.nodes[1]?.id).toBe("mine");
    expect(document.edges[0]?.id).toMatch(/^[0-9a-f-]{36}$/);
  });

  it("an empty answer is an empty document", () => {
    expect(readDocument({})).toEqual({ name: "", nodes: [], edges: [] });
  });
});

it("a node is called by its name, else by its key", () => {
  expect(title(node("tool", { name: "Fetch" }))).toBe("Fetch");
  expect(title(node("tool", { name: "" }))).toBe("a");
});

it("only nodes that need no graph can be tried alone", () => {
  expect(["tool", "adapter", "condition"].every((type) => isPreviewable(node(type)))).toBe(true);
  expect(["trigger", "loop", "parallel"].some((type) => isPreviewable(node(type)))).toBe(false);
});
