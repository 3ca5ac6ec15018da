import { evaluate } from "@/features/forms";
import type { GraphNode, Json, JsonObject } from "@/features/graph";
import { api, need, type Schemas } from "@/lib/api/client";
import { mapTexts, namesSecret, type SecretMarks, secretMarks } from "@/lib/secret-text";

export interface NodeTrial {
  ok: boolean;
  shown: Json;
  logs: string[];
}

/** The texts of the sample data would be read as names of secrets, which they must not. */
export class SecretInData extends Error {}

/**
 * Run one node on sample data: a tool for real on a worker, a pure node by its expressions.
 *
 * Secrets go to the server by name, and only a tool's attempt sees their values. `templated` are the
 * fields of a tool's configuration that hold expressions. Throws `Problem` and `SecretInData`.
 */
export async function runNode(
  node: GraphNode,
  scope: JsonObject,
  templated: readonly string[],
): Promise<NodeTrial> {
  if (node.type === "condition") return condition(node, scope);
  if (node.type === "adapter") return evaluated(node.config?.output ?? null, scope);
  const marks = secretMarks();
  const inputs = await evaluated(marks.put(node.inputs ?? {}), scope);
  if (!inputs.ok) return inputs;
  // The server takes such a text in the inputs for a reference, whoever wrote it.
  if (namesSecret(inputs.shown)) throw new SecretInData();
  const given = marks.back(inputs.shown);
  if (node.tool) return registered(node.tool, given);
  const own = { ...scope, inputs: inputs.shown };
  const config = await rendered(node.config ?? {}, own, templated, marks);
  return config.ok ? inline(config.shown, given) : config;
}

async function evaluated(template: Json, scope: JsonObject): Promise<NodeTrial> {
  const found = await evaluate(template, scope);
  return { ok: found.ok, shown: found.ok ? found.value : found.error, logs: [] };
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

/** The configuration as the server will read it: evaluated but for its secrets. */
async function rendered(
  config: JsonObject,
  scope: JsonObject,
  templated: readonly string[],
  marks: SecretMarks,
): Promise<NodeTrial> {
  const entries = Object.entries(config).filter(([name]) => templated.includes(name));
  if (entries.length === 0) return { ok: true, shown: config, logs: [] };
  const found = await evaluated(marks.put(Object.fromEntries(entries)), scope);
  if (!found.ok) return found;
  const final = marks.back(mapTexts(found.shown as JsonObject, literal));
  return { ...found, shown: { ...config, ...final } };
}

/** A template that gives `text`: what came out of an expression is not one again. */
function literal(text: string): string {
  return text.replaceAll("{{", '{{ "{{" }}');
}

async function inline(config: Json, inputs: Json): Promise<NodeTrial> {
  return read(await need(api.POST("/api/v1/tools/test", { body: { config, inputs } as never })));
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
