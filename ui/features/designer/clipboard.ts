import { parse, stringify } from "yaml";
import { type GraphDocument, readDocument } from "@/features/graph";
import { insertDocument, selectedDocument, selectedNodes } from "./store";

/** Put the selected nodes on the clipboard, as YAML that any workflow takes. */
export async function copySelected(): Promise<number> {
  const document = selectedDocument();
  if (document.nodes.length === 0) return 0;
  await navigator.clipboard.writeText(stringify(withoutIds(document)));
  return document.nodes.length;
}

/** Add the nodes of a YAML or JSON text; false when it holds none. */
export function pasteText(text: string): boolean {
  const document = parsed(text);
  if (!document) return false;
  insertDocument(document);
  return true;
}

export function duplicateSelected(): void {
  if (selectedNodes().length > 0) insertDocument(selectedDocument());
}

function withoutIds({ nodes, edges }: GraphDocument): object {
  const bare = <T extends { id: string }>({ id: _id, ...rest }: T) => rest;
  return { nodes: nodes.map(bare), edges: edges.map(bare) };
}

function parsed(text: string): GraphDocument | null {
  try {
    const value: unknown = parse(text, { maxAliasCount: 0 });
    if (typeof value !== "object" || value === null || !("nodes" in value)) return null;
    const document = readDocument(value);
    const sound =
      Array.isArray(document.nodes) &&
      document.nodes.every((node) => typeof node.key === "string" && typeof node.type === "string");
    return sound && document.nodes.length > 0 ? document : null;
  } catch {
    return null;
  }
}
