import type { Registry } from "@/features/registry";
import { deleteTool, fetchTool, saveTool, type Tool } from "./api";
import { contentOf, type Draft, draftOf } from "./draft";

export const REGISTRY: Registry<Tool, Draft> = {
  name: "tools",
  fetch: fetchTool,
  save: (over, draft) => saveTool(over, contentOf(draft)),
  remove: deleteTool,
  draftOf,
  contentOf,
  partsOf: (draft) => ({ ...contentOf(draft) }),
  isWhole: ({ name }) => name.trim() !== "",
};
