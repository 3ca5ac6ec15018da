import { useQuery } from "@tanstack/react-query";
import { isLive } from "@/components/status";
import { api, need } from "@/lib/api/client";
import { everyPage } from "@/lib/api/every-page";
import { type Execution, type NodeRun, type Run, useRun } from "./store";

const LIVE_EVERY_MS = 2_000;
const BELOW: ReadonlySet<string> = new Set(["agent", "workflow"]);
/** Turns of an agent's own run are of an agent, but no runs. */
const TURN = /^turn_\d+$/;

/** Whether what a row tells of is a run of its own. */
export function hasRun({ node_key, node_type }: Pick<NodeRun, "node_key" | "node_type">): boolean {
  return BELOW.has(node_type) && !TURN.test(node_key);
}

/** The runs below one, of its agents and sub-workflows, in the order in which they began. */
export function useRunsBelow({ id, status }: Execution): Execution[] {
  const told = useRun(toldBelow);
  const { data = [] } = useQuery({
    // What the events tell of such nodes has changed: so have the runs.
    queryKey: ["executions", "below", id, told],
    enabled: told !== "",
    placeholderData: (before: Execution[] | undefined) => before,
    queryFn: () =>
      everyPage((cursor) =>
        need(
          api.GET("/api/v1/executions", {
            params: { query: { parent: id, sort: "created_at", limit: 100, ...cursor } },
          }),
        ),
      ),
    refetchInterval: isLive(status) ? LIVE_EVERY_MS : false,
  });
  return data;
}

/** How many attempts there are of nodes that are runs of their own, and how many of them ended. */
export function toldBelow({ byKey }: Run): string {
  let [began, ended] = [0, 0];
  for (const rows of byKey.values()) {
    const first = rows.values().next().value;
    if (!first || !hasRun(first)) continue;
    began += rows.size;
    for (const row of rows.values()) if (!isLive(row.status)) ended += 1;
  }
  return began === 0 ? "" : `${began}/${ended}`;
}

export interface RunBelow {
  run: Execution;
  /** The attempt of the node that it is; none while two passes at once could each be it. */
  attempt: NodeRun | undefined;
}

/** The runs of one node, each with the attempt that began it. */
export function runsOf(key: string, attempts: NodeRun[], runs: Execution[]): RunBelow[] {
  const named = new Map(attempts.map((attempt) => [namedRun(attempt), attempt]));
  const nameless = attempts.filter((attempt) => namedRun(attempt) === null);
  return runs
    .filter((run) => run.parent_node_key === key)
    .map((run) => {
      const during = nameless.filter((attempt) => isDuring(run, attempt));
      const only = during.length === 1 ? during[0] : undefined;
      return { run, attempt: named.get(run.id) ?? only };
    });
}

/** The run that an agent's output names, once it has ended. */
export function namedRun({ node_type, output }: NodeRun): string | null {
  if (node_type !== "agent" || typeof output !== "object" || output === null) return null;
  const id = (output as Record<string, unknown>).execution_id;
  return typeof id === "string" ? id : null;
}

function isDuring(run: Execution, { started_at, ended_at }: NodeRun): boolean {
  const began = Date.parse(run.started_at ?? run.created_at);
  const from = Date.parse(started_at ?? "");
  return from <= began && (!ended_at || began <= Date.parse(ended_at));
}
