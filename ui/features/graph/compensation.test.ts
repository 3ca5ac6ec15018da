import { describe, expect, it } from "vitest";
import { toFlow } from "./codec";
import { compensationsFor, drawnEdges, undoneKeys } from "./compensation";
import { type GraphDocument, type GraphNode, readDocument, renameKey } from "./document";
import { arranged } from "./layout";
import { refusal } from "./rules";

const node = (key: string, more: Partial<GraphNode> = {}): GraphNode => ({
  id: `id-${key}`,
  key,
  type: "tool",
  position: { x: 0, y: 0 },
  ...more,
});

const DOCUMENT: GraphDocument = {
  name: "shop",
  nodes: [
    node("start", { type: "trigger" }),
    node("book", { compensation: "unbook" }),
    node("unbook"),
    node("spare"),
    node("look", { type: "adapter" }),
    node("pay"),
    node("each", { type: "parallel" }),
    node("inner", { parent: "each" }),
  ],
  edges: [
    { id: "1", source: "start", target: "book" },
    { id: "2", source: "book", target: "pay" },
    { id: "3", source: "pay", target: "each" },
  ],
};
const flow = toFlow(DOCUMENT);
const at = (key: string) => flow.nodes.find((each) => each.data.node.key === key) as never;

describe("compensations", () => {
  it("are drawn as lines that are no edges of the document", () => {
    const lines = drawnEdges(flow).filter((edge) => !flow.edges.includes(edge));
    expect(lines.map(({ source, target }) => [source, target])).toEqual([["id-book", "id-unbook"]]);
    expect(lines[0]).toMatchObject({ className: "compensation", deletable: false });
    const plain = toFlow({ ...DOCUMENT, nodes: [node("a")], edges: [] });
    expect(drawnEdges(plain)).toBe(plain.edges);
  });

  it("may be nodes beside, without edges, that undo nothing else", () => {
    const keys = (key: string) => compensationsFor(flow, at(key)).map((each) => each.data.node.key);
    expect(keys("book")).toEqual(["unbook", "spare"]);
    expect(keys("pay")).toEqual(["spare"]);
    expect(keys("inner")).toEqual([]);
  });

  it("know what they undo, and keep it when a key changes", () => {
    expect(undoneKeys(flow.nodes)).toEqual(new Map([["unbook", "book"]]));
    const renamed = renameKey(readDocument(DOCUMENT), "unbook", "cancel_booking");
    expect(renamed.nodes[1]?.compensation).toBe("cancel_booking");
  });

  it("cannot be joined by edges", () => {
    const wanted = { sourceHandle: null, targetHandle: null };
    const join = (source: string, target: string) =>
      refusal(flow, { ...wanted, source: `id-${source}`, target: `id-${target}` });
    expect(join("pay", "unbook")).toBe("compensation");
    expect(join("unbook", "pay")).toBe("compensation");
    expect(join("pay", "spare")).toBeNull();
  });

  it("stand right of what they undo once the graph is arranged", async () => {
    const { nodes } = await arranged(DOCUMENT);
    const x = (key: string) => nodes.find((each) => each.key === key)?.position?.x ?? 0;
    expect(x("unbook")).toBeGreaterThan(x("book"));
  });
});
