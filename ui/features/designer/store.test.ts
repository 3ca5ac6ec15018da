import fc from "fast-check";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { GraphDocument, GraphNode } from "@/features/graph";
import {
  addNode,
  align,
  changeKey,
  connect,
  currentDocument,
  dragEnds,
  dragStarts,
  dropInto,
  edgesChanged,
  editNode,
  editSettings,
  insertDocument,
  isWithin,
  load,
  moveInto,
  nodeByKey,
  nodesChanged,
  rebase,
  redo,
  removeEdges,
  removeNodes,
  removeSelected,
  replace,
  select,
  selectedDocument,
  selectedNodes,
  undo,
  useDesigner,
} from "./store";

const DOCUMENT: GraphDocument = {
  name: "Flow",
  output: "{{ nodes.last.output }}",
  nodes: [
    { id: "start", key: "start", type: "trigger", position: { x: 0, y: 0 } },
    { id: "box", key: "box", type: "loop", position: { x: 300, y: 10 } },
    { id: "last", key: "last", type: "tool", position: { x: 900, y: 50 } },
    { id: "inner", key: "inner", type: "parallel", parent: "box", position: { x: 24, y: 56 } },
    {
      id: "deep",
      key: "deep",
      type: "tool",
      parent: "inner",
      position: { x: 24, y: 56 },
      inputs: { all: "{{ nodes.start.output }}" },
    },
  ],
  edges: [
    { id: "e1", source: "start", target: "box" },
    { id: "e2", source: "box", target: "last", source_handle: "error", label: "oh" },
    { id: "e3", source: "start", target: "last" },
  ],
};

const state = () => useDesigner.getState();
const byKey = (document: GraphDocument) => ({
  ...document,
  nodes: [...document.nodes].sort((a, b) => (a.key < b.key ? -1 : 1)),
});
const shown = () => byKey(currentDocument());
const keys = () => currentDocument().nodes.map((node) => node.key);
const drawn = (id: string) => state().nodes.find((node) => node.id === id);
const stored = (id: string) => currentDocument().nodes.find((node) => node.id === id);
const ends = () => currentDocument().edges.map((edge) => `${edge.source}>${edge.target}`);

function wish(source: string, target: string, sourceHandle: string | null = null) {
  return { source, target, sourceHandle, targetHandle: null };
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"] });
  useDesigner.setState(useDesigner.getInitialState(), true);
  load("w1", 3, DOCUMENT);
});

describe("loading", () => {
  it("the document that was loaded is the current one, with nothing to undo", () => {
    expect(shown()).toEqual(byKey(DOCUMENT));
    expect(state()).toMatchObject({
      workflowId: "w1",
      version: 3,
      revision: 0,
      past: [],
      future: [],
    });
    undo();
    redo();
    expect(state().revision).toBe(0);
  });

  it("going on from another version keeps the document", () => {
    editSettings({ name: "Mine" });
    rebase(9);
    expect(state()).toMatchObject({ version: 9, save: "unsaved", settings: { name: "Mine" } });
  });
});

describe("adding a node", () => {
  it("it gets a free key from its name and is the one selected", () => {
    select(["start"]);
    const first = addNode({ type: "tool", name: "Last" });
    const second = addNode({ type: "tool", name: "Last" });
    expect(stored(first)).toMatchObject({ key: "last_2", name: "Last", type: "tool" });
    expect(stored(second)?.key).toBe("last_3");
    expect(selectedNodes().map((node) => node.id)).toEqual([second]);
  });

  it("it keeps configuration and tool", () => {
    const id = addNode({ type: "tool", name: "x", tool: "mail", config: { a: 1 } });
    expect(stored(id)).toMatchObject({ tool: "mail", config: { a: 1 } });
  });

  it("after another node it is joined by the way asked for, in the same container", () => {
    const id = addNode({ type: "tool", name: "next" }, { after: { id: "deep", way: "error" } });
    expect(stored(id)?.parent).toBe("inner");
    expect(currentDocument().edges.at(-1)).toMatchObject({
      source: "deep",
      target: "next",
      source_handle: "error",
    });
    expect((drawn(id)?.position.x ?? 0) > (drawn("deep")?.position.x ?? 0)).toBe(true);
  });

  it("by the plain way out the edge has no handle", () => {
    addNode({ type: "tool", name: "next" }, { after: { id: "last", way: null } });
    const edge = currentDocument().edges.at(-1);
    expect(edge).toMatchObject({ source: "last", target: "next" });
    expect(edge).not.toHaveProperty("source_handle");
  });

  it("nothing leads to a new trigger", () => {
    addNode({ type: "trigger", name: "again" }, { after: { id: "last", way: null } });
    expect(currentDocument().edges).toEqual(DOCUMENT.edges);
  });

  it("new nodes do not lie on top of each other", () => {
    for (let count = 0; count < 4; count += 1)
      addNode({ type: "tool", name: "next" }, { after: { id: "last", way: null } });
    const places = currentDocument().nodes.map((node) =>
      JSON.stringify([node.parent, node.position]),
    );
    expect(new Set(places).size).toBe(places.length);
  });

  it("a place that was asked for is taken", () => {
    const id = addNode({ type: "tool", name: "x" }, { position: { x: 7, y: 8 }, parentId: "box" });
    expect(stored(id)).toMatchObject({ parent: "box", position: { x: 7, y: 8 } });
  });

  it("its container grows around it", () => {
    const before = drawn("box")?.width ?? 0;
    addNode({ type: "tool", name: "x" }, { position: { x: 2_000, y: 60 }, parentId: "inner" });
    expect(drawn("box")?.width).toBeGreaterThan(before);
    expect(drawn("box")?.width).toBeGreaterThan(drawn("inner")?.width ?? 0);
  });
});

describe("undo and redo", () => {
  it("one step back and forth restores the document exactly", () => {
    const before = shown();
    addNode({ type: "tool", name: "x" }, { after: { id: "start", way: null } });
    const after = shown();
    undo();
    expect(shown()).toEqual(before);
    redo();
    expect(shown()).toEqual(after);
  });

  it("a new change leaves nothing to redo", () => {
    addNode({ type: "tool", name: "x" });
    undo();
    editSettings({ name: "other" });
    expect(state().future).toEqual([]);
  });

  it("every step counts as a change of the document", () => {
    addNode({ type: "tool", name: "x" });
    undo();
    redo();
    expect(state().revision).toBe(3);
  });

  it("what is selected stays selected", () => {
    addNode({ type: "tool", name: "x" });
    select(["last"]);
    undo();
    expect(selectedNodes().map((node) => node.id)).toEqual(["last"]);
  });

  it("settings come back, also those that were not there", () => {
    editSettings({ description: "d", variables: { a: 1 } });
    undo();
    expect(state().settings).toEqual({ name: "Flow", output: DOCUMENT.output });
  });

  it("a document put in place of the current one can be undone", () => {
    replace({ name: "Other", nodes: [], edges: [] });
    expect(currentDocument()).toEqual({ name: "Other", nodes: [], edges: [] });
    undo();
    expect(shown()).toEqual(byKey(DOCUMENT));
  });

  it("a drag is undone at once", () => {
    dragStarts();
    for (const x of [901, 950, 1_000])
      nodesChanged([{ type: "position", id: "last", position: { x, y: 0 }, dragging: true }]);
    dragEnds();
    expect(stored("last")?.position).toEqual({ x: 1_000, y: 0 });
    undo();
    expect(shown()).toEqual(byKey(DOCUMENT));
  });

  it("no more than a hundred steps are kept", () => {
    for (let count = 0; count < 120; count += 1) addNode({ type: "tool", name: "x" });
    expect(state().past).toHaveLength(100);
  });

  it("whatever was done, all of it can be undone and done again", () => {
    const pick = fc.nat();
    const step = fc.record({
      what: fc.constantFrom(
        "add",
        "after",
        "remove",
        "join",
        "cut",
        "edit",
        "settings",
        "key",
        "into",
        "out",
        "align",
        "insert",
      ),
      a: pick,
      b: pick,
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 15 }), (steps) => {
        load("w1", 1, DOCUMENT);
        for (const { what, a, b } of steps) perform(what, a, b);
        const end = shown();
        expect(new Set(end.nodes.map((node) => node.key)).size).toBe(end.nodes.length);
        const done = state().past.length;
        while (state().past.length > 0) undo();
        expect(shown()).toEqual(byKey(DOCUMENT));
        expect(state().future).toHaveLength(done);
        while (state().future.length > 0) redo();
        expect(shown()).toEqual(end);
      }),
      { numRuns: 60 },
    );
  });
});

function perform(what: string, a: number, b: number): void {
  const { nodes, edges } = state();
  const one = nodes[a % Math.max(nodes.length, 1)];
  const other = nodes[b % Math.max(nodes.length, 1)];
  if (what === "add") addNode({ type: b % 2 ? "loop" : "tool", name: `step ${a % 5}` });
  if (what === "settings") editSettings({ name: `n${a}` }, "name");
  if (what === "insert") insertDocument({ ...DOCUMENT, nodes: DOCUMENT.nodes.slice(0, 3) });
  if (what === "cut") removeEdges(edges.slice(a % 4, (a % 4) + 1).map((edge) => edge.id));
  if (!one || !other) return;
  if (what === "after") addNode({ type: "tool", name: "x" }, { after: { id: one.id, way: null } });
  if (what === "remove") removeNodes([one.id]);
  if (what === "join") connect(wish(one.id, other.id, b % 2 ? "error" : null));
  if (what === "edit") editNode(one.id, { notes: `n${b}` }, b % 2 ? "notes" : "");
  if (what === "key") changeKey(one.id, `key_${b % 7}`);
  if (what === "out") moveInto(one.id, undefined);
  if (what === "into" && other.type === "container" && !isWithin(other.id, one.id))
    moveInto(one.id, other.id);
  if (what === "align") {
    select([one.id, other.id]);
    align(b % 2 ? "left" : "rows");
  }
}

describe("edits under a tag", () => {
  it("edits shortly after each other are undone together", () => {
    for (const name of ["a", "ab", "abc"]) {
      editNode("last", { name }, "name");
      vi.advanceTimersByTime(900);
    }
    expect(state().past).toHaveLength(1);
    undo();
    expect(shown()).toEqual(byKey(DOCUMENT));
    redo();
    expect(stored("last")?.name).toBe("abc");
  });

  it("edits after a pause are undone one by one", () => {
    editNode("last", { name: "a" }, "name");
    vi.advanceTimersByTime(1_000);
    editNode("last", { name: "ab" }, "name");
    undo();
    expect(stored("last")?.name).toBe("a");
  });

  it("edits under another tag or of another node are undone by themselves", () => {
    editNode("last", { name: "a" }, "name");
    editNode("last", { notes: "n" }, "notes");
    editNode("deep", { notes: "n" }, "notes");
    editSettings({ name: "S" }, "name");
    expect(state().past).toHaveLength(4);
  });

  it("an edit after an undo is a step of its own", () => {
    editNode("last", { name: "a" }, "name");
    undo();
    editNode("last", { name: "b" }, "name");
    undo();
    expect(shown()).toEqual(byKey(DOCUMENT));
  });

  it("edits of a node without a tag are undone one by one", () => {
    editNode("last", { disabled: true });
    editNode("last", { on_error: "continue" });
    undo();
    expect(stored("last")).toMatchObject({ disabled: true });
  });

  it("a field that is unset leaves the document", () => {
    editNode("deep", { inputs: undefined, notes: null });
    const deep = stored("deep") as GraphNode;
    expect(Object.keys(deep).sort()).toEqual(["id", "key", "parent", "position", "type"]);
  });
});

describe("removing", () => {
  it("a container goes with all it holds and every edge of those", () => {
    removeNodes(["box"]);
    expect(keys().sort()).toEqual(["last", "start"]);
    expect(ends()).toEqual(["start>last"]);
    undo();
    expect(shown()).toEqual(byKey(DOCUMENT));
  });

  it("the canvas removes nodes and edges in the same way", () => {
    edgesChanged([{ type: "remove", id: "e3" }]);
    expect(ends()).toEqual(["start>box", "box>last"]);
    nodesChanged([{ type: "remove", id: "box" }]);
    expect(keys().sort()).toEqual(["last", "start"]);
    undo();
    undo();
    expect(shown()).toEqual(byKey(DOCUMENT));
  });

  it("what is selected is removed: nodes first, else edges", () => {
    edgesChanged([{ type: "select", id: "e3", selected: true }]);
    removeSelected();
    expect(ends()).toEqual(["start>box", "box>last"]);
    select(["inner"]);
    removeSelected();
    expect(keys().sort()).toEqual(["box", "last", "start"]);
  });

  it("nothing selected, nothing removed", () => {
    removeSelected();
    expect(state().revision).toBe(0);
  });
});

describe("joining", () => {
  it("an allowed edge is added with its way out", () => {
    expect(connect(wish("start", "last", "error"))).toBe(true);
    expect(currentDocument().edges.at(-1)).toMatchObject({
      source: "start",
      target: "last",
      source_handle: "error",
    });
  });

  it("a refused edge changes nothing and leaves no step to undo", () => {
    for (const wanted of [wish("last", "start"), wish("start", "last"), wish("last", "box")])
      expect(connect(wanted)).toBe(false);
    expect(state()).toMatchObject({ revision: 0, past: [] });
  });
});

describe("moving into a container", () => {
  it("the node is in the container, and its edges are gone", () => {
    moveInto("last", "inner");
    expect(stored("last")?.parent).toBe("inner");
    expect(ends()).toEqual(["start>box"]);
    expect(isWithin("last", "box")).toBe(true);
  });

  it("containers stay before what they hold", () => {
    const box = addNode({ type: "loop", name: "late" });
    moveInto("box", box);
    const order = state().nodes.map((node) => node.id);
    for (const node of state().nodes)
      if (node.parentId) expect(order.indexOf(node.parentId)).toBeLessThan(order.indexOf(node.id));
    expect(isWithin("deep", box)).toBe(true);
  });

  it("out of all containers it stands at top level", () => {
    moveInto("deep", undefined);
    expect(stored("deep")).not.toHaveProperty("parent");
    undo();
    expect(shown()).toEqual(byKey(DOCUMENT));
  });

  it("a dropped node lies where it was dropped", () => {
    dragStarts();
    dropInto("last", "box", { x: 500, y: 70 });
    dragEnds();
    expect(stored("last")).toMatchObject({ parent: "box", position: { x: 500, y: 70 } });
    undo();
    expect(shown()).toEqual(byKey(DOCUMENT));
  });

  it("a node lies within itself and all around it, and in nothing else", () => {
    expect(["deep", "inner", "box"].every((id) => isWithin("deep", id))).toBe(true);
    expect(isWithin("box", "deep")).toBe(false);
    expect(isWithin(undefined, "box")).toBe(false);
  });
});

describe("inserting a document", () => {
  const given: GraphDocument = {
    name: "clipboard",
    nodes: [
      { id: "start", key: "start", type: "tool", position: { x: 1, y: 2 } },
      { id: "box", key: "box", type: "loop", position: { x: 5, y: 5 } },
      {
        id: "x",
        key: "x",
        type: "tool",
        parent: "box",
        position: { x: 30, y: 60 },
        inputs: { a: "{{ nodes.start.output }}" },
      },
    ],
    edges: [{ id: "e1", source: "start", target: "box" }],
  };

  it("nodes get fresh ids and free keys, and edges, parents and expressions follow", () => {
    insertDocument(given);
    const { nodes, edges } = currentDocument();
    expect(nodes).toHaveLength(8);
    expect(new Set(nodes.map((node) => node.id)).size).toBe(8);
    expect(new Set(edges.map((edge) => edge.id)).size).toBe(4);
    const x = nodes.find((node) => node.key === "x");
    expect(x).toMatchObject({ parent: "box_2", inputs: { a: "{{ nodes.start_2.output }}" } });
    expect(edges.at(-1)).toMatchObject({ source: "start_2", target: "box_2" });
  });

  it("what was there stays as it was", () => {
    insertDocument(given);
    const ids = new Set(DOCUMENT.nodes.map((node) => node.id));
    const { nodes, edges } = currentDocument();
    expect(nodes.filter((node) => ids.has(node.id))).toEqual(DOCUMENT.nodes);
    expect(edges.slice(0, 3)).toEqual(DOCUMENT.edges);
    expect(state().settings.name).toBe("Flow");
  });

  it("top level nodes are moved a little and selected, children stay in their place", () => {
    insertDocument(given, 10);
    expect(selectedNodes().map((node) => node.data.node.key)).toEqual(["start_2", "box_2"]);
    expect(nodeByKey("start_2")?.position).toEqual({ x: 11, y: 12 });
    expect(nodeByKey("x")?.position).toEqual({ x: 30, y: 60 });
  });

  it("it is undone at once", () => {
    insertDocument(given);
    undo();
    expect(shown()).toEqual(byKey(DOCUMENT));
  });

  it("what is selected can be inserted again, with all that containers hold", () => {
    select(["box", "last"]);
    const copy = selectedDocument();
    expect(copy.nodes.map((node) => node.key).sort()).toEqual(["box", "deep", "inner", "last"]);
    expect(copy.edges.map((edge) => edge.id)).toEqual(["e2"]);
    insertDocument(copy);
    expect(stored(nodeByKey("deep_2")?.id ?? "")?.parent).toBe("inner_2");
    expect(currentDocument().edges.at(-1)).toMatchObject({
      source: "box_2",
      target: "last_2",
      source_handle: "error",
      label: "oh",
    });
  });

  it("keys stay distinct when a free key is one that the document has itself", () => {
    insertDocument({
      name: "",
      nodes: [
        { id: "1", key: "last", type: "tool" },
        { id: "2", key: "last_2", type: "tool" },
      ],
      edges: [{ id: "e", source: "last", target: "last_2" }],
    });
    expect(new Set(keys()).size).toBe(keys().length);
  });
});

describe("lining up", () => {
  const at = (key: string) => stored(nodeByKey(key)?.id ?? "")?.position;

  it("to the left or the top, the others stay", () => {
    select(["start", "last"]);
    align("left");
    expect([at("start"), at("last")]).toEqual([
      { x: 0, y: 0 },
      { x: 0, y: 50 },
    ]);
    undo();
    align("top");
    expect([at("start"), at("last"), at("box")]).toEqual([
      { x: 0, y: 0 },
      { x: 900, y: 0 },
      { x: 300, y: 10 },
    ]);
  });

  it("columns and rows are spaced evenly between the outermost", () => {
    select(["start", "box", "last"]);
    align("columns");
    expect([at("start")?.x, at("box")?.x, at("last")?.x]).toEqual([0, 450, 900]);
    align("rows");
    expect([at("start")?.y, at("box")?.y, at("last")?.y]).toEqual([0, 25, 50]);
  });

  it("one node alone is not lined up", () => {
    select(["last"]);
    align("left");
    expect(state().past).toEqual([]);
  });
});

describe("changing a key", () => {
  it("a taken key is refused, and nothing changes", () => {
    expect(changeKey("last", "deep")).toBe(false);
    expect(changeKey("gone", "free")).toBe(false);
    expect(shown()).toEqual(byKey(DOCUMENT));
    expect(state().past).toEqual([]);
  });

  it("a free key is taken wherever the node is mentioned", () => {
    expect(changeKey("start", "begin")).toBe(true);
    expect(changeKey("last", "final")).toBe(true);
    expect(changeKey("box", "each")).toBe(true);
    expect(stored("deep")?.inputs).toEqual({ all: "{{ nodes.begin.output }}" });
    expect(state().settings.output).toBe("{{ nodes.final.output }}");
    expect(stored("inner")?.parent).toBe("each");
    expect(ends()).toEqual(["begin>each", "each>final", "begin>final"]);
  });

  it("the key it has is no change", () => {
    expect(changeKey("last", "last")).toBe(true);
    expect(state()).toMatchObject({ revision: 0, past: [] });
  });
});

it("selecting the same again keeps the nodes as they are", () => {
  select(["last"]);
  const before = state().nodes;
  select(["last"]);
  state().nodes.forEach((node, index) => {
    expect(node).toBe(before[index]);
  });
});
