import { sameJson as same } from "@/lib/same-json";
import type { GraphDocument, GraphEdge, GraphNode } from "./document";

export interface GraphDiff {
  added: string[];
  removed: string[];
  changed: { key: string; fields: string[] }[];
  edgesAdded: GraphEdge[];
  edgesRemoved: GraphEdge[];
  settings: string[];
}

const SETTINGS = ["name", "description", "variables", "failure_mode", "output"] as const;
// Moving a node changes nothing that runs.
const UNSEEN = new Set(["id", "position"]);

/** What differs from one document to another; nodes are the same by key, edges by their ends. */
export function compare(before: GraphDocument, after: GraphDocument): GraphDiff {
  const old = new Map(before.nodes.map((node) => [node.key, node]));
  const now = new Map(after.nodes.map((node) => [node.key, node]));
  const oldEdges = new Map(before.edges.map((edge) => [ends(edge), edge]));
  const nowEdges = new Map(after.edges.map((edge) => [ends(edge), edge]));
  const changed = after.nodes.flatMap((node) => {
    const fields = changedFields(old.get(node.key), node);
    return fields.length > 0 ? [{ key: node.key, fields }] : [];
  });
  return {
    added: [...now.keys()].filter((key) => !old.has(key)),
    removed: [...old.keys()].filter((key) => !now.has(key)),
    changed,
    edgesAdded: [...nowEdges].flatMap(([key, edge]) => (oldEdges.has(key) ? [] : [edge])),
    edgesRemoved: [...oldEdges].flatMap(([key, edge]) => (nowEdges.has(key) ? [] : [edge])),
    settings: SETTINGS.filter((name) => !same(before[name], after[name])),
  };
}

export function isEmpty(diff: GraphDiff): boolean {
  return Object.values(diff).every((list) => list.length === 0);
}

function changedFields(before: GraphNode | undefined, after: GraphNode): string[] {
  if (!before) return [];
  const names = new Set([...Object.keys(before), ...Object.keys(after)]) as Set<keyof GraphNode>;
  return [...names].filter((name) => !UNSEEN.has(name) && !same(before[name], after[name]));
}

function ends(edge: GraphEdge): string {
  return `${edge.source} ${edge.source_handle ?? ""} ${edge.target}`;
}
