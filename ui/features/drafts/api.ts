import { useQuery } from "@tanstack/react-query";
import { isLive, type Status } from "@/components/status";
import { api, authorised, need, type Schemas } from "@/lib/api/client";
import { Problem } from "@/lib/api/problem";
import type { Source } from "./source";

const LIVE_EVERY_MS = 1_000;

export type Agent = Schemas["AgentOut"];

// As the routes of drafts answer.
export interface DraftProblem {
  severity: "error" | "warning";
  code: string;
  message: string;
  path: string;
  nodes: string[];
  suggestion: string | null;
}

export interface Draft {
  id: string;
  status: Status;
  workflow_id: string | null;
  /** Graph documents; the base is null for a new workflow. */
  document: unknown;
  base: unknown;
  /** By key of the node. */
  reasons: Record<string, string>;
  problems: DraftProblem[];
  /** What the model said last. */
  text: string;
  error: { code: string; message: string } | null;
}

export function useAgents() {
  return useQuery({
    queryKey: ["agents", "to-draft"],
    queryFn: () => need(api.GET("/api/v1/agents", { params: { query: { limit: 100 } } })),
    select: ({ items }) => items,
  });
}

/** A draft as it is now; read again every second while an agent works on it. */
export function useDraft(id: string) {
  return useQuery({
    queryKey: ["draft", id],
    queryFn: () => ask<Draft>(`/api/v1/workflows/drafts/${encodeURIComponent(id)}`),
    refetchInterval: ({ state }) =>
      state.data && isLive(state.data.status) ? LIVE_EVERY_MS : false,
  });
}

export interface Order {
  source: Source;
  agentId: string;
  /** The workflow that is to be changed; none makes a new one. */
  workflowId: string | undefined;
}

/** Let an agent draft a workflow from what is given; the draft's id. */
export async function startDraft(order: Order): Promise<string> {
  const { id } = await ask<{ id: string }>("/api/v1/workflows/draft", {
    method: "POST",
    ...bodyOf(order),
  });
  return id;
}

function bodyOf({ source, agentId, workflowId }: Order): RequestInit {
  const fields = { agent_id: agentId, ...(workflowId && { workflow_id: workflowId }) };
  if ("text" in source) {
    return {
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ text: source.text, ...fields }),
    };
  }
  const form = new FormData();
  form.set("file", source.file);
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  return { body: form };
}

export function stopDraft(id: string): Promise<unknown> {
  return need(
    api.POST("/api/v1/executions/{execution_id}/cancel", {
      params: { path: { execution_id: id } },
    }),
  );
}

async function ask<T>(path: string, init?: RequestInit): Promise<T> {
  const answer = await authorised(new Request(path, init));
  if (!answer.ok) throw await Problem.of(answer);
  return (await answer.json()) as T;
}
