import { newId } from "@/lib/new-id";

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
  agent?: string | null;
  on_error?: string;
  disabled?: boolean;
  notes?: string | null;
  /** Key of the node that undoes this one. */
  compensation?: string | null;
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

export function title(node: GraphNode): string {
  return node.name || node.key;
}

interface Branch {
  handle?: string;
}

/** Where an agent leaves when it has used up what it may, and where a wait ends that was in vain. */
const BUDGET_HANDLE = "budget";
const TIMEOUT_HANDLE = "timeout";
/** Where an approval leaves when somebody says no. */
const REJECTED_HANDLE = "rejected";

/** Named ways out of a node, in the order in which they are drawn; none but the plain one is `[]`. */
export function waysOut(node: GraphNode): string[] {
  const branches =
    node.type === "condition"
      ? conditionHandles(node.config)
      : node.type === "agent"
        ? agentHandles(node.config)
        : node.type === "approval"
          ? [REJECTED_HANDLE, TIMEOUT_HANDLE]
          : node.type === "event"
            ? [TIMEOUT_HANDLE]
            : [];
  return node.on_error === "branch" ? [...branches, ERROR_HANDLE] : branches;
}

interface AgentTool {
  sensitive?: boolean;
}

/** A registered agent's tools are not known here, so it may wait for people. */
function agentHandles(config: JsonObject | null | undefined): string[] {
  const tools = Array.isArray(config?.tools) ? (config.tools as AgentTool[]) : [];
  const waits = !config || tools.some((tool) => tool?.sensitive);
  return waits ? [BUDGET_HANDLE, TIMEOUT_HANDLE] : [BUDGET_HANDLE];
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

const LONGEST_KEY = 63;

/** A key that nobody has: the wanted one, else with a number behind it. */
export function freeKey(wanted: string, taken: ReadonlySet<string>): string {
  const key = keyOf(wanted);
  if (!taken.has(key)) return key;
  const stem = key.replace(/_\d+$/, "");
  for (let number = 2; ; number += 1) {
    const tail = `_${number}`;
    const tried = stem.slice(0, LONGEST_KEY - tail.length) + tail;
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
  return renameKeys(document, new Map([[from, to]]));
}

/** The same for several keys at once: what one gives up another may take. */
export function renameKeys(
  document: GraphDocument,
  names: ReadonlyMap<string, string>,
): GraphDocument {
  const moved = (key: string) => names.get(key) ?? key;
  const rewrite = (value: Json, name = ""): Json => {
    if (typeof value === "string") return rewritten(value, names, CONDITIONS.has(name));
    if (Array.isArray(value)) return value.map((item) => rewrite(item));
    if (value === null || typeof value !== "object") return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, rewrite(item, key)]),
    );
  };
  return {
    ...document,
    ...(document.output === undefined ? {} : { output: rewrite(document.output) }),
    nodes: document.nodes.map((node) => ({
      ...node,
      key: moved(node.key),
      ...(node.parent ? { parent: moved(node.parent) } : {}),
      ...(node.compensation ? { compensation: moved(node.compensation) } : {}),
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

// Expressions even without braces around them.
const CONDITIONS: ReadonlySet<string> = new Set(["when", "while"]);
const BRACES = /\{\{.*?\}\}|\{%.*?%\}/gs;
// `nodes.key` and `nodes["key"]`, but not a field of something else that is called nodes.
const MENTION = /(?<![\w.\])])(nodes\s*(?:\.\s*|\[\s*(["'])))([a-z]\w*)(?!\w)/g;

function rewritten(text: string, names: ReadonlyMap<string, string>, bare: boolean): string {
  const within = (code: string) =>
    code.replace(MENTION, (whole, before: string, _quote, key: string) => {
      const name = names.get(key);
      return name === undefined ? whole : before + name;
    });
  if (bare && !text.includes("{{")) return within(text);
  return text.replace(BRACES, within);
}

const ALONE = new Set(["tool", "adapter", "condition"]);

/** Whether a node can be tried without its graph. */
export function isPreviewable(node: GraphNode): boolean {
  return ALONE.has(node.type);
}
