"use client";

import { useQuery } from "@tanstack/react-query";
import { api, need, type Schemas } from "@/lib/api/client";

export type Server = Schemas["ServerOut"];
export type ServerTool = Schemas["ServerTool"];

export const SERVERS = ["mcp-servers"] as const;

/** Every server that graphs can call, by name; people have few of them. */
export function useServers(enabled = true) {
  return useQuery({ queryKey: [...SERVERS, "all"], queryFn: everyServer, enabled });
}

async function everyServer(): Promise<Server[]> {
  const servers: Server[] = [];
  let cursor: string | null = null;
  do {
    const query: { limit: number; cursor?: string } = { limit: 100, ...(cursor && { cursor }) };
    const page = await need(api.GET("/api/v1/mcp/servers", { params: { query } }));
    servers.push(...page.items);
    cursor = page.next_cursor;
  } while (cursor);
  return servers.sort((a, b) => a.name.localeCompare(b.name));
}

export function useServer(id: string) {
  return useQuery({
    queryKey: [...SERVERS, "one", id],
    enabled: id !== "",
    queryFn: () => need(api.GET("/api/v1/mcp/servers/{server_id}", place(id))),
  });
}

/** What a server offered when it was last asked. */
export function useServerTools(id: string) {
  return useQuery({
    queryKey: [...SERVERS, "tools", id],
    enabled: id !== "",
    queryFn: () => need(api.GET("/api/v1/mcp/servers/{server_id}/tools", place(id))),
    select: ({ items }) => items,
  });
}

function place(id: string) {
  return { params: { path: { server_id: id } } };
}

/** What the form of a server holds. */
export interface Registration {
  name: string;
  description: string | null;
  url: string;
  headers: Record<string, string>;
}

/** Registers a server, or changes the one that is given. */
export function saveServer(server: Server | null, body: Registration): Promise<Server> {
  if (!server) return need(api.POST("/api/v1/mcp/servers", { body }));
  return need(
    api.PATCH("/api/v1/mcp/servers/{server_id}", {
      ...place(server.id),
      body: { ...body, version: server.version },
    }),
  );
}

export function deleteServer({ id }: Server): Promise<unknown> {
  return need(api.DELETE("/api/v1/mcp/servers/{server_id}", place(id)));
}

/** Ask the server for its tools; why that failed is in the answer. */
export function refreshServer(id: string): Promise<Server> {
  return need(api.POST("/api/v1/mcp/servers/{server_id}/refresh", place(id)));
}

/** Allow tools to be called as they were shown, or no more. */
export function approveTools(id: string, tools: ServerTool[], approved: boolean): Promise<Server> {
  return need(
    api.POST("/api/v1/mcp/servers/{server_id}/approve", {
      ...place(id),
      body: {
        tools: tools.map(({ name }) => name),
        hashes: Object.fromEntries(tools.map(({ name, hash }) => [name, hash])),
        approved,
      },
    }),
  );
}
