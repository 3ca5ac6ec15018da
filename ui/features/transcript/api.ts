import { api, need, type Schemas } from "@/lib/api/client";
import type { Approval, Execution } from "@/lib/api/events";
import { everyPage } from "@/lib/api/every-page";

const MOST = 100;

/** The key of what all runs of the account ask people to decide on; see `pendingApprovals`. */
export const PENDING = ["approvals", "pending"] as const;

export function pendingApprovals(): Promise<Approval[]> {
  const query = { status: "pending", limit: MOST } as const;
  return everyPage((cursor) =>
    need(api.GET("/api/v1/approvals", { params: { query: { ...query, ...cursor } } })),
  );
}

/** What a run asks people to decide on, the undecided and the decided. */
export async function approvalsOf(executionId: string): Promise<Approval[]> {
  const query = { execution_id: executionId, limit: MOST };
  return (await need(api.GET("/api/v1/approvals", { params: { query } }))).items;
}

export function fetchApproval(id: string): Promise<Approval> {
  return need(
    api.GET("/api/v1/approvals/{approval_id}", { params: { path: { approval_id: id } } }),
  );
}

export function decide(id: string, decision: Schemas["DecisionRequest"]): Promise<Approval> {
  return need(
    api.POST("/api/v1/approvals/{approval_id}/decision", {
      params: { path: { approval_id: id } },
      body: decision,
    }),
  );
}

/** The run that a call of another run is; null before it has begun. */
export async function runBelow(above: string, place: string): Promise<Execution | null> {
  const query = { parent: above, limit: MOST };
  const { items } = await need(api.GET("/api/v1/executions", { params: { query } }));
  return items.find((run) => run.parent_node_key === place) ?? null;
}
