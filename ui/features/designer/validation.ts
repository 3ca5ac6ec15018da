import { useEffect } from "react";
import type { Look } from "@/features/graph";
import { api, need } from "@/lib/api/client";
import { currentDocument, type GraphProblem, useDesigner } from "./store";

const PAUSE_MS = 500;

/** Keep the store's problems up to date with what is drawn. */
export function useValidation(): void {
  const revision = useDesigner((state) => state.revision);
  const workflowId = useDesigner((state) => state.workflowId);
  // biome-ignore lint/correctness/useExhaustiveDependencies: every revision is checked again
  useEffect(() => {
    if (!workflowId) return;
    const timer = setTimeout(() => void validate(), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [revision, workflowId]);
}

async function validate(): Promise<void> {
  const { workflowId, revision } = useDesigner.getState();
  const report = await need(
    api.POST("/api/v1/workflows/{workflow_id}/validate", {
      params: { path: { workflow_id: workflowId } },
      body: currentDocument() as never,
    }),
  ).catch(() => null);
  if (report && useDesigner.getState().revision === revision)
    useDesigner.setState({ problems: report.problems });
}

const counts = new WeakMap<GraphProblem[], Map<string, Look>>();
const CLEAN: Look = {};

/** How many problems a node has; the same object until they change. */
export function useProblemLook(key: string): Look {
  return useDesigner((state) => looks(state.problems).get(key) ?? CLEAN);
}

function looks(problems: GraphProblem[]): Map<string, Look> {
  const known = counts.get(problems);
  if (known) return known;
  const found = new Map<string, Look>();
  for (const problem of problems) {
    const kind = problem.severity === "error" ? "errors" : "warnings";
    for (const key of problem.node_keys ?? []) {
      const look = found.get(key) ?? {};
      found.set(key, { ...look, [kind]: (look[kind] ?? 0) + 1 });
    }
  }
  counts.set(problems, found);
  return found;
}
