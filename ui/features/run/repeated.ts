import type { GraphDocument, GraphNode } from "@/features/graph";
import type { NodeRun } from "./store";

/** Keys of the nodes that run when the graph runs again from one of them (`""`: from its start). */
export function againFrom(document: GraphDocument, from: string): Set<string> {
  const found = new Set(
    from === "" ? document.nodes.filter((node) => !node.parent).map((node) => node.key) : [from],
  );
  const open = [...found];
  for (let key = open.pop(); key !== undefined; key = open.pop()) {
    const next = [
      ...document.edges.filter((edge) => edge.source === key).map((edge) => edge.target),
      ...document.nodes.filter((node) => node.parent === key).map((node) => node.key),
    ];
    for (const each of next) {
      if (!found.has(each)) {
        found.add(each);
        open.push(each);
      }
    }
  }
  return found;
}

// These reach the world outside; the others only compute.
const EFFECTS = new Set(["tool", "workflow", "agent"]);

/** Nodes whose effects the first run had already, and how often. */
export function repeatedEffects(
  document: GraphDocument,
  rerun: Set<string>,
  byKey: Map<string, Map<string, NodeRun>>,
): { node: GraphNode; times: number }[] {
  return document.nodes.flatMap((node) => {
    const attempts = [...(byKey.get(node.key)?.values() ?? [])].filter((each) => each.started_at);
    const counts =
      rerun.has(node.key) && EFFECTS.has(node.type) && !computes(node) && attempts.length > 0;
    return counts ? [{ node, times: attempts.length }] : [];
  });
}

function computes(node: GraphNode): boolean {
  return node.config?.kind === "builtin" || node.config?.kind === "python";
}
