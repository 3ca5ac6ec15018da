import type { ElkNode } from "elkjs";
import { CARD, cardHeight, INSIDE, parentsFirst } from "./codec";
import { CONTAINERS, type GraphDocument, type GraphEdge, type GraphNode } from "./document";

const OPTIONS = {
  "elk.algorithm": "layered",
  "elk.direction": "RIGHT",
  "elk.hierarchyHandling": "SEPARATE_CHILDREN",
  "elk.layered.spacing.nodeNodeBetweenLayers": "56",
  "elk.spacing.nodeNode": "28",
  "elk.layered.considerModelOrder.strategy": "NODES_AND_EDGES",
};
const PADDING = `[top=${INSIDE.top},left=${INSIDE.side},bottom=${INSIDE.bottom},right=${INSIDE.side}]`;

/** The document with every node placed: left to right, containers around what they hold. */
export async function arranged(document: GraphDocument): Promise<GraphDocument> {
  const { default: Elk } = await import("elkjs/lib/elk.bundled.js");
  const root = await new Elk().layout({ ...group("root", document, null), layoutOptions: OPTIONS });
  const places = new Map<string, { x: number; y: number }>();
  collect(root, places);
  return {
    ...document,
    nodes: document.nodes.map((node) => ({
      ...node,
      position: places.get(node.key) ?? node.position ?? { x: 0, y: 0 },
    })),
  };
}

/** Whether any node was never placed, as in a document written by hand. */
export function needsLayout(document: GraphDocument): boolean {
  return document.nodes.length > 1 && document.nodes.some((node) => !node.position);
}

function group(id: string, document: GraphDocument, parent: string | null): ElkNode {
  const inside = parentsFirst(document.nodes).filter((node) => (node.parent ?? null) === parent);
  const keys = new Set(inside.map((node) => node.key));
  return {
    id,
    children: inside.map((node) => child(node, document)),
    edges: [...document.edges, ...undoing(inside)]
      .filter((edge) => keys.has(edge.source) && keys.has(edge.target))
      .map((edge) => ({ id: edge.id, sources: [edge.source], targets: [edge.target] })),
  };
}

/** What undoes a node stands after it. */
function undoing(nodes: GraphNode[]): GraphEdge[] {
  return nodes.flatMap((node) =>
    node.compensation && node.compensation !== node.key
      ? [{ id: `undo:${node.key}`, source: node.key, target: node.compensation }]
      : [],
  );
}

function child(node: GraphNode, document: GraphDocument): ElkNode {
  if (!CONTAINERS.has(node.type))
    return { id: node.key, width: CARD.width, height: cardHeight(node) };
  const body = group(node.key, document, node.key);
  return {
    ...body,
    layoutOptions: {
      ...OPTIONS,
      "elk.padding": PADDING,
      "elk.nodeSize.constraints": "MINIMUM_SIZE",
      "elk.nodeSize.minimum": "(300,150)",
    },
  };
}

function collect(node: ElkNode, places: Map<string, { x: number; y: number }>): void {
  for (const each of node.children ?? []) {
    places.set(each.id, { x: Math.round(each.x ?? 0), y: Math.round(each.y ?? 0) });
    collect(each, places);
  }
}
