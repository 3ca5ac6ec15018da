import type { Edge, Node } from "@xyflow/react";
import {
  CONTAINERS,
  type GraphDocument,
  type GraphEdge,
  type GraphNode,
  type Settings,
  waysOut,
} from "./document";

export const CARD = { width: 216, height: 64 };
const WAY_HEIGHT = 22;
const PAD = { side: 24, top: 56, bottom: 24 };
const EMPTY_CONTAINER = { width: 300, height: 150 };

/** `data` holds the node as the document has it, without key of parent and position. */
export type FlowNode = Node<{ node: GraphNode }, "step" | "container">;
export type FlowEdge = Edge<{ edge: GraphEdge }>;

export interface Flow {
  nodes: FlowNode[];
  edges: FlowEdge[];
}

/** Height of a card: condition branches and the error way have a line each. */
export function cardHeight(node: GraphNode): number {
  return CARD.height + waysOut(node).length * WAY_HEIGHT;
}

/** A document as React Flow draws it: parents first, children placed within their container. */
export function toFlow(document: GraphDocument): Flow {
  const idOf = new Map(document.nodes.map((node) => [node.key, node.id]));
  const nodes = parentsFirst(document.nodes).map((node): FlowNode => {
    const parentId = node.parent ? idOf.get(node.parent) : undefined;
    return {
      id: node.id,
      type: CONTAINERS.has(node.type) ? "container" : "step",
      position: node.position ?? { x: 0, y: 0 },
      data: { node },
      ...(parentId ? { parentId } : {}),
    };
  });
  const edges = document.edges.flatMap((edge): FlowEdge[] => {
    const source = idOf.get(edge.source);
    const target = idOf.get(edge.target);
    if (!source || !target) return [];
    return [
      {
        id: edge.id,
        source,
        target,
        sourceHandle: edge.source_handle ?? null,
        data: { edge },
        ...(edge.label ? { label: edge.label } : {}),
      },
    ];
  });
  return { nodes: fitContainers(nodes), edges };
}

/** The document that a flow draws. */
export function fromFlow(flow: Flow, settings: Settings): GraphDocument {
  const keyOf = new Map(flow.nodes.map((node) => [node.id, node.data.node.key]));
  const nodes = flow.nodes.map(({ id, parentId, position, data }): GraphNode => {
    const { parent: _parent, position: _position, ...rest } = data.node;
    const parent = parentId ? keyOf.get(parentId) : undefined;
    return { ...rest, id, position: rounded(position), ...(parent ? { parent } : {}) };
  });
  const edges = flow.edges.map(({ id, source, target, sourceHandle, data }): GraphEdge => {
    const { source_handle: _handle, ...rest } = data?.edge ?? ({} as GraphEdge);
    return {
      ...rest,
      id,
      source: keyOf.get(source) ?? source,
      target: keyOf.get(target) ?? target,
      ...(sourceHandle ? { source_handle: sourceHandle } : {}),
    };
  });
  return { ...settings, nodes, edges };
}

function rounded({ x, y }: { x: number; y: number }): { x: number; y: number } {
  return { x: Math.round(x), y: Math.round(y) };
}

/** React Flow wants a container before what it holds; those in a circle are left at top level. */
export function parentsFirst(nodes: GraphNode[]): GraphNode[] {
  const byKey = new Map(nodes.map((node) => [node.key, node]));
  const depth = (node: GraphNode): number => {
    const seen = new Set<string>();
    let at: GraphNode | undefined = node;
    while (at?.parent && !seen.has(at.key)) {
      seen.add(at.key);
      at = byKey.get(at.parent);
    }
    return at?.parent && seen.has(at.key) ? -1 : seen.size;
  };
  return nodes
    .map((node) => ({ node, depth: depth(node) }))
    .sort((a, b) => a.depth - b.depth)
    .map((each) => (each.depth < 0 ? { ...each.node, parent: null } : each.node));
}

/** Size every node; a container is as large as what it holds, the inner ones first. */
export function fitContainers(nodes: FlowNode[]): FlowNode[] {
  const held = new Map<string, FlowNode[]>();
  const sized = new Map<string, FlowNode>();
  for (const node of [...nodes].reverse()) {
    const fitted = withSize(node, held.get(node.id) ?? []);
    sized.set(node.id, fitted);
    if (node.parentId) held.set(node.parentId, [...(held.get(node.parentId) ?? []), fitted]);
  }
  return nodes.map((node) => sized.get(node.id) ?? node);
}

function withSize(node: FlowNode, children: FlowNode[]): FlowNode {
  const { width, height } = sizeOf(node, children);
  return node.width === width && node.height === height ? node : { ...node, width, height };
}

function sizeOf(node: FlowNode, children: FlowNode[]): { width: number; height: number } {
  if (node.type !== "container") return { width: CARD.width, height: cardHeight(node.data.node) };
  const right = children.map((child) => child.position.x + (child.width ?? CARD.width));
  const bottom = children.map((child) => child.position.y + (child.height ?? CARD.height));
  return {
    width: Math.max(EMPTY_CONTAINER.width, ...right.map((edge) => edge + PAD.side)),
    height: Math.max(EMPTY_CONTAINER.height, ...bottom.map((edge) => edge + PAD.bottom)),
  };
}

export const INSIDE = PAD;
