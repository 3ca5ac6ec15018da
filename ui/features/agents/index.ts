export { Agents } from "./agents";
export { AnswerPart, BudgetPart } from "./answer-part";
export { AGENTS, saveAgent, useAgentChoices } from "./api";
export { readSettings } from "./draft";
export { AgentEdit } from "./edit";
export { ModelPart } from "./model-part";
export { ToolsPart } from "./tools-part";
export type { Settings } from "./types";
