import { type Builtin, type Content, KINDS, type Kind, type Tool } from "./api";
import { parseObject, pretty, sampleOf } from "./json";
import { starter } from "./starters";

/** A tool as its form holds it: the JSON parts as text, a configuration for each kind. */
export interface Draft {
  name: string;
  description: string;
  kind: Kind;
  configs: Record<Kind, string>;
  input: string;
  output: string;
  shared: boolean;
}

function starters(): Record<Kind, string> {
  return {
    http: starter("http"),
    python: starter("python"),
    shell: starter("shell"),
    builtin: starter("builtin"),
  };
}

export function emptyDraft(builtin: Builtin | null): Draft {
  const draft: Draft = {
    name: "",
    description: "",
    kind: "http",
    configs: starters(),
    input: "",
    output: "",
    shared: false,
  };
  return builtin ? withBuiltin(draft, builtin) : draft;
}

function withBuiltin(draft: Draft, builtin: Builtin): Draft {
  const config = {
    name: builtin.name,
    ...(builtin.takes_template && { template: "" }),
    options: sampleOf(builtin.options_schema),
  };
  return {
    ...draft,
    name: builtin.name,
    description: builtin.description,
    kind: "builtin",
    configs: { ...draft.configs, builtin: pretty(config) },
    input: pretty(builtin.input_schema),
  };
}

export function draftOf(tool: Tool): Draft {
  const kind = KINDS.find((each) => each === tool.tool_type) ?? "http";
  const { kind: _, ...config } = tool.config;
  return {
    name: tool.name,
    description: tool.description ?? "",
    kind,
    configs: { ...starters(), [kind]: pretty(config) },
    input: tool.input_schema ? pretty(tool.input_schema) : "",
    output: tool.output_schema ? pretty(tool.output_schema) : "",
    shared: tool.is_public,
  };
}

/** What a draft says; null while one of its JSON parts cannot be read. */
export function contentOf(draft: Draft): Content | null {
  const config = parseObject(draft.configs[draft.kind]);
  const input = schemaOf(draft.input);
  const output = schemaOf(draft.output);
  if (!config.ok || input === undefined || output === undefined) return null;
  return {
    name: draft.name.trim(),
    description: draft.description.trim() || null,
    config: { ...config.value, kind: draft.kind },
    input_schema: input,
    output_schema: output,
    is_public: draft.shared,
  };
}

function schemaOf(text: string): Record<string, unknown> | null | undefined {
  if (!text.trim()) return null;
  const parsed = parseObject(text);
  return parsed.ok ? parsed.value : undefined;
}
