import type { Connection } from "@xyflow/react";
import type { Flow } from "./codec";
import { undoneKeys } from "./compensation";

export type Refusal = "self" | "trigger" | "parent" | "duplicate" | "cycle" | "compensation";

/** Why two nodes cannot be joined; null when they can. */
export function refusal(flow: Flow, wanted: Connection): Refusal | null {
  const source = flow.nodes.find((node) => node.id === wanted.source);
  const target = flow.nodes.find((node) => node.id === wanted.target);
  if (!source || !target || source === target) return "self";
  if (target.data.node.type === "trigger") return "trigger";
  if (source.parentId !== target.parentId) return "parent";
  const undoing = undoneKeys(flow.nodes);
  if (undoing.has(source.data.node.key) || undoing.has(target.data.node.key)) return "compensation";
  const same = flow.edges.some(
    (edge) =>
      edge.source === wanted.source &&
      edge.target === wanted.target &&
      (edge.sourceHandle ?? null) === (wanted.sourceHandle ?? null),
  );
  if (same) return "duplicate";
  return reaches(flow, wanted.target, wanted.source) ? "cycle" : null;
}

function reaches(flow: Flow, from: string, to: string): boolean {
  const following = new Map<string, string[]>();
  for (const edge of flow.edges)
    following.set(edge.source, [...(following.get(edge.source) ?? []), edge.target]);
  const seen = new Set([from]);
  const open = [from];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    if (at === to) return true;
    for (const next of following.get(at) ?? []) {
      if (!seen.has(next)) {
        seen.add(next);
        open.push(next);
      }
    }
  }
  return false;
}
