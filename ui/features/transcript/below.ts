import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { APPROVALS, PENDING, pendingApprovals } from "@/features/approvals";
import type { Approval, Execution } from "@/lib/api/events";
import { runBelow } from "./api";
import type { Call } from "./entries";

const LIVE_EVERY_MS = 2_000;

/** The run that a call is; null for a call that is none, and until it has begun. */
export function useRunOf({ above, key, state }: Call, enabled: boolean): Execution | null {
  const { data } = useQuery({
    queryKey: ["executions", "of-call", above, key],
    queryFn: () => (above === null ? null : runBelow(above, key)),
    enabled: enabled && above !== null,
    refetchInterval: ({ state: { data: found } }) =>
      state === "running" && !found ? LIVE_EVERY_MS : false,
  });
  return data ?? null;
}

interface AskedBelow {
  pending: Approval[];
  /** What was decided here, while the call goes on. */
  decided: Approval[];
  learn: (approval: Approval) => void;
}

/** What the run of a call that goes on, or a run of an agent right below it, asks people to decide on. */
export function useAskedBelow(call: Call): AskedBelow {
  const queries = useQueryClient();
  const [decided, setDecided] = useState<Approval[]>([]);
  const running = call.state === "running" && call.above !== null;
  const run = useRunOf(call, running);
  const { data: asked = [] } = useQuery({
    queryKey: PENDING,
    queryFn: pendingApprovals,
    enabled: running && run !== null,
    refetchInterval: LIVE_EVERY_MS,
  });
  function learn(approval: Approval): void {
    setDecided((now) => [...now.filter(({ id }) => id !== approval.id), approval]);
    void queries.invalidateQueries({ queryKey: APPROVALS });
  }
  if (!running || run === null) return { pending: [], decided: [], learn };
  const pending = asked.filter(
    ({ id, execution_id, parent_execution_id }) =>
      (execution_id === run.id || parent_execution_id === run.id) &&
      decided.every((each) => each.id !== id),
  );
  return { pending, decided, learn };
}
