import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { KINDS, type Kind } from "@/features/editors";
import type { JsonObject } from "@/features/graph";
import { api, need, type Schemas } from "@/lib/api/client";
import { pages } from "@/lib/api/pages";
import type { Limit } from "./limit-field";

export type Tool = Schemas["ToolOut"];
export type Builtin = Schemas["Builtin"];
export { KINDS, type Kind };

export const TOOLS = ["tools"] as const;

/** Everything about a tool that its editor holds. */
export interface Content {
  name: string;
  description: string | null;
  config: JsonObject;
  input_schema: JsonObject | null;
  output_schema: JsonObject | null;
  is_public: boolean;
  rate_limit: Limit | null;
}

export function useTools(text: string, kind: Kind | "") {
  return useInfiniteQuery({
    queryKey: [...TOOLS, "list", text, kind],
    ...pages((place) =>
      need(
        api.GET("/api/v1/tools", {
          params: {
            query: { ...(text && { text }), ...(kind && { tool_type: kind }), ...place },
          },
        }),
      ),
    ),
    placeholderData: keepPreviousData,
  });
}

export function fetchTool(id: string): Promise<Tool> {
  return need(api.GET("/api/v1/tools/{tool_id}", { params: { path: { tool_id: id } } }));
}

/** Makes a tool, or changes the one that is given, which must still be at its version. */
export function saveTool(
  tool: Pick<Tool, "id" | "version"> | null,
  content: Content,
): Promise<Tool> {
  // The server says what a configuration lacks.
  const body = content as unknown as Schemas["NewTool"];
  if (!tool) return need(api.POST("/api/v1/tools", { body }));
  return need(
    api.PATCH("/api/v1/tools/{tool_id}", {
      params: { path: { tool_id: tool.id } },
      body: { ...body, version: tool.version },
    }),
  );
}

export function deleteTool({ id }: Tool): Promise<unknown> {
  return need(api.DELETE("/api/v1/tools/{tool_id}", { params: { path: { tool_id: id } } }));
}
