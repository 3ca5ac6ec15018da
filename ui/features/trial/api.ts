import type { JsonObject } from "@/features/graph";
import { api, need, type Schemas } from "@/lib/api/client";

export type Answer = Schemas["TestAnswer"];

/** Inputs to try a tool with, and how long it may take. */
export interface Attempt {
  inputs: JsonObject;
  timeout_seconds: number;
}

/** What runs, and what goes in and out; the server says what it lacks. */
export interface Spec {
  config: JsonObject;
  input_schema: JsonObject | null;
  output_schema: JsonObject | null;
}

/** Try a tool that is stored nowhere, or not as it is drawn here. */
export function trySpec(spec: Spec, attempt: Attempt): Promise<Answer> {
  const body = { ...spec, ...attempt } as unknown as Schemas["InlineTest"];
  return need(api.POST("/api/v1/tools/test", { body }));
}

/** Try a registered tool as it is stored, within its limit. */
export function tryStored(id: string, attempt: Attempt): Promise<Answer> {
  return need(
    api.POST("/api/v1/tools/{tool_id}/test", {
      params: { path: { tool_id: id } },
      body: attempt,
    }),
  );
}
