import { compare, type GraphDocument, title } from "@/features/graph";

export type Change = "added" | "removed" | "changed";

/** What a draft does with one node, and why. */
export interface NodeChange {
  key: string;
  title: string;
  change: Change | null;
  /** Names of the fields that differ. */
  fields: string[];
  reason: string | null;
}

/** What to begin with when there is no workflow yet. */
export const NOTHING: GraphDocument = { name: "", nodes: [], edges: [] };

/** The nodes that a draft changes or explains, in its order; what it takes away comes last. */
export function nodeChanges(
  base: GraphDocument,
  document: GraphDocument,
  reasons: Readonly<Record<string, string>>,
): NodeChange[] {
  const diff = compare(base, document);
  const fields = new Map(diff.changed.map((each) => [each.key, each.fields]));
  const changeOf = (key: string): Change | null => {
    if (diff.added.includes(key)) return "added";
    if (diff.removed.includes(key)) return "removed";
    return fields.has(key) ? "changed" : null;
  };
  const gone = base.nodes.filter((node) => diff.removed.includes(node.key));
  return [...document.nodes, ...gone]
    .map((node) => ({
      key: node.key,
      title: title(node),
      change: changeOf(node.key),
      fields: fields.get(node.key) ?? [],
      reason: reasons[node.key] ?? null,
    }))
    .filter(({ change, reason }) => change !== null || reason !== null);
}
