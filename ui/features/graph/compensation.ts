import type { Flow, FlowEdge, FlowNode } from "./codec";
import type { GraphNode } from "./document";

/** Nodes with effects that another node may undo. */
const UNDOABLE: ReadonlySet<string> = new Set(["tool", "agent", "workflow"]);
/** Nodes that may undo another one. */
const UNDOING: ReadonlySet<string> = new Set(["tool", "workflow"]);
const PREFIX = "undo:";

export function mayBeUndone(node: GraphNode): boolean {
  return UNDOABLE.has(node.type);
}

export function mayUndo(node: GraphNode): boolean {
  return UNDOING.has(node.type);
}

/** Key of the node that each compensation undoes. */
export function undoneKeys(nodes: readonly FlowNode[]): Map<string, string> {
  const found = new Map<string, string>();
  for (const { data } of nodes)
    if (data.node.compensation) found.set(data.node.compensation, data.node.key);
  return found;
}

/** Nodes that could undo this one: beside it, without edges, and not busy with another. */
export function compensationsFor({ nodes, edges }: Flow, node: FlowNode): FlowNode[] {
  const taken = undoneKeys(nodes);
  const joined = new Set(edges.flatMap((edge) => [edge.source, edge.target]));
  return nodes.filter((each) => {
    const by = taken.get(each.data.node.key);
    return (
      each.id !== node.id &&
      each.parentId === node.parentId &&
      mayUndo(each.data.node) &&
      !joined.has(each.id) &&
      !each.data.node.compensation &&
      (by === undefined || by === node.data.node.key)
    );
  });
}

/** The flow's edges, and a dashed line from each node to what undoes it; these are no document's. */
export function drawnEdges({ nodes, edges }: Flow): FlowEdge[] {
  const idOf = new Map(nodes.map((node) => [node.data.node.key, node.id]));
  const lines = nodes.flatMap(({ id, data }): FlowEdge[] => {
    const target = data.node.compensation ? idOf.get(data.node.compensation) : undefined;
    return target === undefined || target === id ? [] : [line(id, target)];
  });
  return lines.length === 0 ? edges : [...edges, ...lines];
}

function line(source: string, target: string): FlowEdge {
  return {
    id: `${PREFIX}${source}`,
    source,
    target,
    className: "compensation",
    selectable: false,
    focusable: false,
    deletable: false,
  };
}

export function isCompensationLine(edgeId: string): boolean {
  return edgeId.startsWith(PREFIX);
}
