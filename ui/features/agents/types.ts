import type { JsonObject } from "@/features/graph";
import { given } from "@/lib/json-object";

/** What the model may call, as an agent's settings hold it: one of `tool`, `config`, `workflow`, `agent`. */
export interface AgentTool {
  name: string;
  tool?: string;
  config?: JsonObject;
  workflow?: string;
  agent?: string;
  description?: string;
  input_schema?: JsonObject;
  timeout_seconds?: number;
  sensitive?: boolean;
  approval_seconds?: number;
}

/** A model, what it is and may use, as the API reads and writes it; what is left out is the usual. */
export interface Settings {
  provider: string;
  model: string;
  base_url?: string;
  auth_mode?: string;
  api_key?: string;
  system?: string;
  tools?: AgentTool[];
  output_schema?: JsonObject;
  parameters?: JsonObject;
  budgets?: JsonObject;
  memory?: string;
  window?: number;
}

export const PROVIDERS = ["openai", "anthropic", "glm", "openai_compatible"] as const;
export const MEMORIES = ["window", "summary", "none"] as const;
export const AUTH_MODES = ["api_key", "none"] as const;

/** What changes a part of the settings. */
export interface PartProps {
  settings: Settings;
  onChange: (settings: Settings) => void;
}

/** The settings with some of them changed; undefined leaves one out. */
export function changed(settings: Settings, part: Partial<Settings>): Settings {
  return given({ ...settings, ...part });
}
