import { KINDS, type Kind, starter } from "@/features/editors";
import type { JsonObject } from "@/features/graph";
import type { AgentTool } from "./types";

export const SOURCES = ["tool", ...KINDS, "workflow", "agent"] as const;
/** Where a tool of an agent comes from: registered, of its own by kind, a workflow, another agent. */
export type Source = (typeof SOURCES)[number];

const NAME = /^[A-Za-z0-9_-]{1,64}$/;
const LONGEST_NAME = 64;

export function sourceOf(tool: AgentTool): Source {
  if (tool.config) return kindOf(tool.config);
  if (tool.workflow !== undefined) return "workflow";
  return tool.agent === undefined ? "tool" : "agent";
}

function kindOf(config: JsonObject): Kind {
  return KINDS.find((each) => each === config.kind) ?? "http";
}

export function newTool(source: Source): AgentTool {
  if (source === "tool" || source === "workflow" || source === "agent")
    return { name: "", [source]: "" };
  return { name: "", config: starter(source) };
}

/** Any text as a name that models take. */
export function toolName(text: string): string {
  return text
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .replace(/[^A-Za-z0-9_-]+/g, "_")
    .replace(/^_+|_+$/g, "")
    .slice(0, LONGEST_NAME);
}

/** The tool with what is chosen now; it takes its name from that unless somebody gave it one. */
export function chosen(tool: AgentTool, part: Partial<AgentTool>, from: string): AgentTool {
  const before = tool.tool ?? tool.workflow ?? tool.agent ?? String(tool.config?.tool ?? "");
  const own = tool.name !== "" && tool.name !== toolName(before);
  return { ...tool, ...part, name: own ? tool.name : toolName(from) };
}

export type NameProblem = "nameMissing" | "nameForm" | "nameTwice";

/** What is wrong with the name of one of the tools. */
export function nameProblem(tools: readonly AgentTool[], index: number): NameProblem | null {
  const name = tools[index]?.name ?? "";
  if (name === "") return "nameMissing";
  if (!NAME.test(name)) return "nameForm";
  return tools.some((each, at) => at !== index && each.name === name) ? "nameTwice" : null;
}
