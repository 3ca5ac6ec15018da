import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { api, need, type Schemas } from "@/lib/api/client";
import type { Approval } from "@/lib/api/events";
import { everyPage } from "@/lib/api/every-page";
import { pages } from "@/lib/api/pages";

const MOST = 100;
const INBOX_EVERY_MS = 5_000;
const COUNT_EVERY_MS = 10_000;

export type Link = Schemas["NewLink"];
export type Asked = Schemas["LinkOut"];
export type Decision = Schemas["DecisionRequest"];

export const APPROVALS = ["approvals"] as const;
/** The key of what all runs of the account ask people to decide on; see `pendingApprovals`. */
export const PENDING = [...APPROVALS, "pending"] as const;

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

export function decide(id: string, decision: Decision): Promise<Approval> {
  return need(
    api.POST("/api/v1/approvals/{approval_id}/decision", {
      params: { path: { approval_id: id } },
      body: decision,
    }),
  );
}

// `mine` is what waits for the reader; the others are what their runs asked, by its state.
export const VIEWS = [
  "mine",
  "pending",
  "approved",
  "rejected",
  "expired",
  "cancelled",
  "all",
] as const;
export type View = (typeof VIEWS)[number];

function viewQuery(view: View) {
  if (view === "mine") return { status: "pending", mine: true } as const;
  return view === "all" ? {} : { status: view };
}

export function useInbox(view: View) {
  return useInfiniteQuery({
    queryKey: [...APPROVALS, "inbox", view],
    ...pages((place) =>
      need(api.GET("/api/v1/approvals", { params: { query: { ...viewQuery(view), ...place } } })),
    ),
    placeholderData: keepPreviousData,
    refetchInterval: INBOX_EVERY_MS,
  });
}

/** How many decisions wait for the reader, and whether there are more than are counted. */
export function useWaitingCount(): { count: number; more: boolean } {
  const { data } = useQuery({
    queryKey: [...APPROVALS, "count"],
    queryFn: () =>
      need(
        api.GET("/api/v1/approvals", {
          params: { query: { ...viewQuery("mine"), limit: MOST } },
        }),
      ),
    refetchInterval: COUNT_EVERY_MS,
  });
  return { count: data?.items.length ?? 0, more: (data?.next_cursor ?? null) !== null };
}

export function makeLink(id: string, body: Schemas["LinkRequest"]): Promise<Link> {
  return need(
    api.POST("/api/v1/approvals/{approval_id}/links", {
      params: { path: { approval_id: id } },
      body,
    }),
  );
}

export function fetchAsked(token: string): Promise<Asked> {
  return need(api.GET("/api/v1/approval-links/{token}", { params: { path: { token } } }));
}

export function answerAsked(token: string, body: Decision): Promise<Asked> {
  return need(api.POST("/api/v1/approval-links/{token}", { params: { path: { token } }, body }));
}
