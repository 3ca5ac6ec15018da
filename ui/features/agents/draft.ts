import type { Json, JsonObject } from "@/features/graph";
import { given, isObject } from "@/lib/json-object";
import type { Agent, Content } from "./api";
import type { AgentTool, Settings } from "./types";

/** An agent as its editor holds it. */
export interface Draft {
  name: string;
  description: string;
  settings: Settings;
  shared: boolean;
}

export function emptyDraft(): Draft {
  return {
    name: "",
    description: "",
    settings: { provider: "openai", model: "" },
    shared: false,
  };
}

export function draftOf(agent: Agent): Draft {
  return {
    name: agent.name,
    description: agent.description ?? "",
    settings: readSettings(agent.config as unknown as JsonObject),
    shared: agent.is_public,
  };
}

/** Settings as they were stored, without what they leave open. */
export function readSettings(stored: JsonObject): Settings {
  const settings = given(stored) as unknown as Settings;
  const parts = {
    tools: (settings.tools ?? []).map((tool) => withoutEmpty(given(tool))),
    parameters: given(settings.parameters ?? {}),
    budgets: given(settings.budgets ?? {}),
  };
  return { ...settings, ...parts };
}

/** A tool's configuration of its own says nothing with a null either. */
function withoutEmpty(tool: AgentTool): AgentTool {
  return tool.config ? { ...tool, config: given(tool.config) } : tool;
}

export function contentOf(draft: Draft): Content {
  return {
    name: draft.name.trim(),
    description: draft.description.trim() || null,
    // Left out, the stored tools would stay.
    config: given({ ...draft.settings, tools: draft.settings.tools ?? [] }),
    is_public: draft.shared,
  };
}

/** The parts of an agent, settings one by one. */
export function partsOf(draft: Draft): Record<string, unknown> {
  const { config, ...rest } = contentOf(draft);
  return { ...rest, ...config };
}

/** The draft as a document says it; null for what is no agent. */
export function withDocument(document: Json): Draft | null {
  if (!isObject(document) || !isObject(document.config)) return null;
  const { name, description = null, is_public = false, config } = document;
  const texts =
    typeof name === "string" && (description === null || typeof description === "string");
  if (!texts || typeof is_public !== "boolean") return null;
  if (typeof config.provider !== "string" || typeof config.model !== "string") return null;
  if (config.tools !== undefined && !areTools(config.tools)) return null;
  return {
    name,
    description: description ?? "",
    settings: readSettings(config),
    shared: is_public,
  };
}

function areTools(value: Json): boolean {
  return (
    Array.isArray(value) && value.every((tool) => isObject(tool) && typeof tool.name === "string")
  );
}
