import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { api, need, type Schemas } from "@/lib/api/client";

export type Tool = Schemas["ToolOut"];
export type Builtin = Schemas["Builtin"];
export type Answer = Schemas["TestAnswer"];

export const KINDS = ["http", "python", "shell", "builtin"] as const;
export type Kind = (typeof KINDS)[number];

export const TOOLS = ["tools"] as const;

/** Everything about a tool that its form holds. */
export interface Content {
  name: string;
  description: string | null;
  config: Record<string, unknown>;
  input_schema: Record<string, unknown> | null;
  output_schema: Record<string, unknown> | null;
  is_public: boolean;
}

export function useTools(text: string, kind: Kind | "") {
  return useInfiniteQuery({
    queryKey: [...TOOLS, "list", text, kind],
    queryFn: ({ pageParam }) =>
      need(
        api.GET("/api/v1/tools", {
          params: {
            query: {
              ...(text && { text }),
              ...(kind && { tool_type: kind }),
              ...(pageParam && { cursor: pageParam }),
            },
          },
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (page) => page.next_cursor,
    select: ({ pages }) => pages.flatMap((page) => page.items),
    placeholderData: keepPreviousData,
  });
}

/** Makes a tool, or changes the one that is given. */
export function saveTool(tool: Tool | null, content: Content): Promise<Tool> {
  // The server says what a configuration lacks.
  const body = { ...content, config: content.config as unknown as Schemas["NewTool"]["config"] };
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

export function tryTool(
  { id }: Tool,
  inputs: Record<string, unknown>,
  timeout: number,
): Promise<Answer> {
  return need(
    api.POST("/api/v1/tools/{tool_id}/test", {
      params: { path: { tool_id: id } },
      body: { inputs, timeout_seconds: timeout },
    }),
  );
}
