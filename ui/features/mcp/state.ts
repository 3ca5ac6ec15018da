import type { Server, ServerTool } from "./api";

/** Where a server stands: a failure tells of its last refresh, its tools may be of an earlier one. */
export type ServerState =
  | { kind: "never" }
  | { kind: "failed"; message: string }
  | { kind: "listed"; offered: number; approved: number; toLookAt: number; leftOut: string | null };

// The list was read, but for some tools.
const LEFT_OUT = "McpToolsLeftOut";

export function stateOf(server: Server): ServerState {
  const { error, refreshed_at, offered, approved } = server;
  if (error && error.code !== LEFT_OUT) return { kind: "failed", message: error.message };
  if (!refreshed_at) return { kind: "never" };
  const toLookAt = offered - approved;
  return { kind: "listed", offered, approved, toLookAt, leftOut: error?.message ?? null };
}

/** The server that a graph of the account means by a name: its own hides the operator's. */
export function serverNamed(servers: readonly Server[], name: string): Server | undefined {
  const found = servers.filter((each) => each.name === name);
  return found.find((each) => !each.operator) ?? found[0];
}

/** Servers by name, as graphs can name them. */
export function reachable(servers: readonly Server[]): Server[] {
  return servers.filter((each) => serverNamed(servers, each.name) === each);
}

/** Tools that wait for somebody to look at them. */
export function unapproved(tools: readonly ServerTool[]): ServerTool[] {
  return tools.filter((tool) => tool.state !== "approved");
}
