import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { isLive } from "@/components/status";
import { PENDING, pendingApprovals } from "@/features/approvals";
import type { Approval } from "@/lib/api/events";
import { type Execution, useRun } from "./store";

const LIVE_EVERY_MS = 2_000;

/** What waits for a person in a live run and the runs below it. */
export function usePending(execution: Execution, runs: Execution[], own: boolean): Approval[] {
  const queries = useQueryClient();
  const asked = useRun((state) => state.asked);
  const live = isLive(execution.status);
  const { data = [] } = useQuery({
    queryKey: PENDING,
    enabled: live && (own || runs.some((run) => isLive(run.status))),
    queryFn: pendingApprovals,
    refetchInterval: LIVE_EVERY_MS,
  });
  useEffect(() => {
    if (asked > 0) void queries.invalidateQueries({ queryKey: PENDING });
  }, [asked, queries]);
  return live ? data.filter((each) => placeOf(each, execution.id, runs) !== null) : [];
}

/** The node of run `id` that an approval waits in, in its own run or at most two below; else null. */
export function placeOf(approval: Approval, id: string, runs: Execution[]): string | null {
  if (approval.execution_id === id) return approval.node_key;
  const holders = [approval.execution_id, approval.parent_execution_id];
  return runs.find((run) => holders.includes(run.id))?.parent_node_key ?? null;
}

/** Approvals by the node that they wait in. */
export function byPlace(
  approvals: Approval[],
  id: string,
  runs: Execution[],
): Map<string, Approval[]> {
  const found = new Map<string, Approval[]>();
  for (const approval of approvals) {
    const key = placeOf(approval, id, runs);
    if (key !== null) found.set(key, [...(found.get(key) ?? []), approval]);
  }
  return found;
}
