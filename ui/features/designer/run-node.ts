import type { GraphNode, Json, JsonObject } from "@/features/graph";
import { api, need, type Schemas } from "@/lib/api/client";

export interface NodeTrial {
  ok: boolean;
  shown: Json;
  logs: string[];
}

/** Run one node on sample data: a tool for real on a worker, a pure node by its expressions. */
export async function runNode(node: GraphNode, scope: JsonObject): Promise<NodeTrial> {
  if (node.type === "condition") return condition(node, scope);
  if (node.type === "adapter") return evaluated(node.config?.output ?? null, scope);
  const inputs = await evaluated(node.inputs ?? {}, scope);
  if (!inputs.ok) return inputs;
  return node.tool ? registered(node.tool, inputs.shown) : inline(node, inputs.shown, scope);
}

async function evaluated(template: Json, scope: JsonObject): Promise<NodeTrial> {
  const { secrets: _secrets, ...known } = scope;
  const found = await need(
    api.POST("/api/v1/expressions/evaluate", { body: { template, scope: known } as never }),
  );
  return { ok: found.ok, shown: (found.ok ? found.value : found.error) as Json, logs: [] };
}

/** The first branch that is true, as a run would take it. */
async function condition(node: GraphNode, scope: JsonObject): Promise<NodeTrial> {
  const branches = (node.config?.branches ?? []) as { handle: string; when: string }[];
  for (const { handle, when } of branches) {
    const source = when.includes("{{") ? when : `{{ ${when} }}`;
    const found = await evaluated(source, scope);
    if (!found.ok) return found;
    if (found.shown === true) return { ok: true, shown: { handle }, logs: [] };
  }
  return { ok: true, shown: { handle: node.config?.default ?? null }, logs: [] };
}

async function inline(node: GraphNode, inputs: Json, scope: JsonObject): Promise<NodeTrial> {
  const config = await rendered(node.config ?? {}, scope);
  if (!config.ok) return config;
  const answer = await need(
    api.POST("/api/v1/tools/test", { body: { config: config.shown, inputs } as never }),
  );
  return read(answer);
}

// Code is never templated, and a builtin's text is rendered by the activity.
const VERBATIM = new Set(["kind", "code", "script", "command", "template"]);

async function rendered(config: JsonObject, scope: JsonObject): Promise<NodeTrial> {
  const entries = Object.entries(config);
  const templates = Object.fromEntries(entries.filter(([name]) => !VERBATIM.has(name)));
  const verbatim = Object.fromEntries(entries.filter(([name]) => VERBATIM.has(name)));
  const found = await evaluated(templates, scope);
  return found.ok ? { ...found, shown: { ...verbatim, ...(found.shown as JsonObject) } } : found;
}

async function registered(name: string, inputs: Json): Promise<NodeTrial> {
  const { items } = await need(
    api.GET("/api/v1/tools", { params: { query: { text: name, limit: 100 } } }),
  );
  const tool = items.find((each) => each.name === name);
  if (!tool) return { ok: false, shown: `there is no tool ${name}`, logs: [] };
  const answer = await need(
    api.POST("/api/v1/tools/{tool_id}/test", {
      params: { path: { tool_id: tool.id } },
      body: { inputs } as never,
    }),
  );
  return read(answer);
}

function read(answer: Schemas["TestAnswer"]): NodeTrial {
  return {
    ok: answer.ok,
    shown: (answer.ok ? answer.output : answer.error) as unknown as Json,
    logs: answer.logs.map((line) => line.message),
  };
}
