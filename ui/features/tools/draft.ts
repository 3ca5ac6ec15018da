import { beginning, starter } from "@/features/editors";
import type { Json, JsonObject } from "@/features/graph";
import { given, isObject } from "@/lib/json-object";
import { sameJson } from "@/lib/same-json";
import { type Builtin, type Content, KINDS, type Kind, type Tool } from "./api";
import type { Limit } from "./limit-field";

/** A tool as its editor holds it; what was written for other kinds stays. */
export interface Draft {
  name: string;
  description: string;
  kind: Kind;
  configs: Record<Kind, JsonObject>;
  input: JsonObject | null;
  output: JsonObject | null;
  limit: Limit | null;
  shared: boolean;
}

function starters(): Record<Kind, JsonObject> {
  return {
    http: starter("http"),
    mcp: starter("mcp"),
    python: starter("python"),
    shell: starter("shell"),
    builtin: starter("builtin"),
  };
}

export function emptyDraft(kind: Kind): Draft {
  return {
    name: "",
    description: "",
    kind,
    configs: starters(),
    input: null,
    output: null,
    limit: null,
    shared: false,
  };
}

/** A draft that uses a helper. */
export function builtinDraft(builtin: Builtin): Draft {
  const draft = emptyDraft("builtin");
  return {
    ...draft,
    name: builtin.name,
    description: builtin.description,
    configs: { ...draft.configs, builtin: beginning(builtin) },
    input: builtin.input_schema as JsonObject,
  };
}

interface Offered {
  name: string;
  description: string | null;
  input_schema: { [name: string]: unknown };
}

/** A draft that calls an MCP server's tool. */
export function mcpDraft(server: string, tool: Offered): Draft {
  const draft = emptyDraft("mcp");
  return {
    ...draft,
    name: tool.name,
    description: tool.description ?? "",
    configs: { ...draft.configs, mcp: { kind: "mcp", server, tool: tool.name } },
    input: tool.input_schema as JsonObject,
  };
}

export function draftOf(tool: Tool): Draft {
  const kind = KINDS.find((each) => each === tool.tool_type) ?? "http";
  return {
    name: tool.name,
    description: tool.description ?? "",
    kind,
    configs: { ...starters(), [kind]: { ...given(tool.config as JsonObject), kind } },
    input: tool.input_schema as JsonObject | null,
    output: tool.output_schema as JsonObject | null,
    limit: tool.rate_limit,
    shared: tool.is_public,
  };
}

export function contentOf(draft: Draft): Content {
  return {
    name: draft.name.trim(),
    description: draft.description.trim() || null,
    config: given(draft.configs[draft.kind]),
    input_schema: draft.input,
    output_schema: draft.output,
    is_public: draft.shared,
    rate_limit: draft.limit,
  };
}

/** Whether a try of the draft is a try of the stored tool. */
export function runsAlike(draft: Draft, tool: Tool): boolean {
  const stored = contentOf(draftOf(tool));
  const now = contentOf(draft);
  return (["config", "input_schema", "output_schema"] as const).every((part) =>
    sameJson(stored[part], now[part]),
  );
}

/** The draft as a document says it; null for what is no tool. */
export function withDocument(draft: Draft, document: Json): Draft | null {
  if (!isObject(document) || !isObject(document.config)) return null;
  const { config, name, description = null, is_public = false } = document;
  const { input_schema: input = null, output_schema: output = null, rate_limit = null } = document;
  const kind = KINDS.find((each) => each === config.kind);
  const texts =
    typeof name === "string" && (description === null || typeof description === "string");
  if (!kind || !texts || typeof is_public !== "boolean") return null;
  if (!isObjectOrNull(input) || !isObjectOrNull(output) || !isObjectOrNull(rate_limit)) return null;
  return {
    name,
    description: description ?? "",
    kind,
    configs: { ...draft.configs, [kind]: config },
    input,
    output,
    limit: rate_limit as Limit | null,
    shared: is_public,
  };
}

function isObjectOrNull(value: Json): value is JsonObject | null {
  return value === null || isObject(value);
}
