import { useQuery } from "@tanstack/react-query";
import { isLive } from "@/components/status";
import { api, need, type Schemas } from "@/lib/api/client";
import type { paths } from "@/lib/api/schema";
import { newId } from "@/lib/new-id";
import type { Source } from "./source";

const LIVE_EVERY_MS = 1_000;

export type Agent = Schemas["AgentOut"];
export type Draft = Schemas["DraftOut"];
export type DraftProblem = Schemas["DraftProblem"];

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
    queryFn: () =>
      need(
        api.GET("/api/v1/workflows/drafts/{execution_id}", {
          params: { path: { execution_id: id } },
        }),
      ),
    refetchInterval: ({ state }) =>
      state.data && isLive(state.data.status) ? LIVE_EVERY_MS : false,
  });
}

/** What is to be drafted, by whom. */
interface Wanted {
  source: Source;
  agentId: string;
  /** The workflow that is to be changed; none makes a new one. */
  workflowId: string | undefined;
}

export interface Order extends Wanted {
  /** Sent again under the same key it is the same draft. */
  key: string;
}

/** An order that keeps the key of the one before when nothing else is wanted than then. */
export function orderOf(wanted: Wanted, before: Order | undefined): Order {
  const same =
    before?.agentId === wanted.agentId &&
    before.workflowId === wanted.workflowId &&
    sameSource(before.source, wanted.source);
  return { ...wanted, key: same ? before.key : newId() };
}

function sameSource(a: Source, b: Source): boolean {
  return "text" in a ? "text" in b && a.text === b.text : "file" in b && a.file === b.file;
}

/** Let an agent draft a workflow from what is given; the draft's id. */
export async function startDraft(order: Order): Promise<string> {
  const { id } = await need(
    api.POST("/api/v1/workflows/draft", {
      params: { header: { "idempotency-key": order.key } },
      body: bodyOf(order),
    }),
  );
  return id;
}

type Sent = paths["/api/v1/workflows/draft"]["post"]["requestBody"]["content"];

function bodyOf({ source, agentId, workflowId }: Wanted): Sent[keyof Sent] {
  const fields = { agent_id: agentId, ...(workflowId && { workflow_id: workflowId }) };
  if ("text" in source) return { text: source.text, ...fields };
  const form = new FormData();
  form.set("file", source.file);
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  // The client sends a form as it is, which the generated types do not know.
  return form as unknown as Sent["multipart/form-data"];
}

export function stopDraft(id: string): Promise<unknown> {
  return need(
    api.POST("/api/v1/executions/{execution_id}/cancel", {
      params: { path: { execution_id: id } },
    }),
  );
}
