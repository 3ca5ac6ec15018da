/** A graph document as the API reads and writes it; a draft may be wrong in any way but its form. */

export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

export interface GraphNode {
  id: string;
  key: string;
  type: string;
  name?: string | null;
  parent?: string | null;
  position?: { x: number; y: number } | null;
  config?: JsonObject | null;
  inputs?: JsonObject;
  tool?: string | null;
  on_error?: string;
  disabled?: boolean;
  notes?: string | null;
  timeout_seconds?: number;
  retry?: JsonObject;
}

export interface GraphEdge {
  id: string;
  source: string;
  target: string;
  source_handle?: string | null;
  label?: string | null;
}

export interface Settings {
  name: string;
  description?: string | null;
  variables?: JsonObject;
  failure_mode?: "finish_branches" | "fail_fast";
  output?: Json;
}

export interface GraphDocument extends Settings {
  nodes: GraphNode[];
  edges: GraphEdge[];
}

export const CONTAINERS: ReadonlySet<string> = new Set(["parallel", "loop"]);
export const ERROR_HANDLE = "error";

/** What the server sent, with ids where it left them out. */
export function readDocument(value: unknown): GraphDocument {
  const given = value as Partial<GraphDocument>;
  return {
    ...given,
    name: given.name ?? "",
    nodes: (given.nodes ?? []).map((node) => ({ ...node, id: node.id ?? newId() })),
    edges: (given.edges ?? []).map((edge) => ({ ...edge, id: edge.id ?? newId() })),
  };
}

export function newId(): string {
  return crypto.randomUUID();
}

export function title(node: GraphNode): string {
  return node.name || node.key;
}

interface Branch {
  handle?: string;
}

/** Named ways out of a node, in the order in which they are drawn; none but the plain one is `[]`. */
export function waysOut(node: GraphNode): string[] {
  const branches = node.type === "condition" ? conditionHandles(node.config) : [];
  return node.on_error === "branch" ? [...branches, ERROR_HANDLE] : branches;
}

function conditionHandles(config: JsonObject | null | undefined): string[] {
  const branches = Array.isArray(config?.branches) ? (config.branches as Branch[]) : [];
  const handles = branches.map((branch) => branch?.handle ?? "");
  if (typeof config?.default === "string") handles.push(config.default);
  return [...new Set(handles.filter(Boolean))];
}

/** Whether a node also has its plain, unnamed way out. */
export function hasPlainWayOut(node: GraphNode): boolean {
  return node.type !== "condition" || conditionHandles(node.config).length === 0;
}

/** A key that nobody has: the wanted one, else with a number behind it. */
export function freeKey(wanted: string, taken: ReadonlySet<string>): string {
  const stem = keyOf(wanted);
  if (!taken.has(stem)) return stem;
  for (let number = 2; ; number += 1) {
    const tried = `${stem.replace(/_\d+$/, "")}_${number}`;
    if (!taken.has(tried)) return tried;
  }
}

/** Any text as a key: lower case, digits and underscores, a letter first, at most 60 characters. */
export function keyOf(text: string): string {
  const plain = text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "_")
    .replace(/^[^a-z]+|_+$/g, "");
  return plain.slice(0, 60) || "node";
}

/** The document with a node's key changed, in edges, parents and expressions too. */
export function renameKey(document: GraphDocument, from: string, to: string): GraphDocument {
  const moved = (key: string) => (key === from ? to : key);
  const mention = new RegExp(`(\\bnodes\\.)${from}(?![A-Za-z0-9_])`, "g");
  const rewrite = (value: Json): Json => {
    if (typeof value === "string")
      return value.includes("{{") ? value.replace(mention, `$1${to}`) : value;
    if (Array.isArray(value)) return value.map(rewrite);
    if (value !== null && typeof value === "object")
      return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, rewrite(item)]));
    return value;
  };
  return {
    ...document,
    ...(document.output === undefined ? {} : { output: rewrite(document.output) }),
    nodes: document.nodes.map((node) => ({
      ...node,
      key: moved(node.key),
      ...(node.parent ? { parent: moved(node.parent) } : {}),
      ...(node.inputs ? { inputs: rewrite(node.inputs) as JsonObject } : {}),
      ...(node.config ? { config: rewrite(node.config) as JsonObject } : {}),
    })),
    edges: document.edges.map((edge) => ({
      ...edge,
      source: moved(edge.source),
      target: moved(edge.target),
    })),
  };
}

const ALONE = new Set(["tool", "adapter", "condition"]);

/** Whether a node can be tried without its graph. */
export function isPreviewable(node: GraphNode): boolean {
  return ALONE.has(node.type);
}
