import type { Registry } from "@/features/registry";
import { type Agent, deleteAgent, fetchAgent, saveAgent } from "./api";
import { contentOf, type Draft, draftOf, partsOf } from "./draft";

export const REGISTRY: Registry<Agent, Draft> = {
  name: "agents",
  fetch: fetchAgent,
  save: (over, draft) => saveAgent(over, contentOf(draft)),
  remove: deleteAgent,
  draftOf,
  contentOf,
  partsOf,
  isWhole: ({ name, settings }) => name.trim() !== "" && settings.model.trim() !== "",
};
