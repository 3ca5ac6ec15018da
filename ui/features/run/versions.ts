import { useQuery } from "@tanstack/react-query";
import { type GraphDocument, readDocument } from "@/features/graph";
import { api, need, type Schemas } from "@/lib/api/client";

export type Version = Schemas["VersionOut"];

/** The published versions of a workflow, newest first; none of one that is gone. */
export function useVersions(workflowId: string | null, enabled = true): Version[] {
  const { data } = useQuery({
    queryKey: ["versions", workflowId],
    enabled: enabled && workflowId !== null,
    queryFn: () =>
      need(
        api.GET("/api/v1/workflows/{workflow_id}/versions", {
          params: { path: { workflow_id: workflowId ?? "" }, query: { limit: 100 } },
        }),
      ),
  });
  return data?.items ?? [];
}

/** The graph of a version; undefined until it is there, and while none is asked for. */
export function useVersionGraph(workflowId: string, version: number | null) {
  return useQuery({
    queryKey: ["version", workflowId, version],
    enabled: version !== null,
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: () =>
      need(
        api.GET("/api/v1/workflows/{workflow_id}/versions/{number}", {
          params: { path: { workflow_id: workflowId, number: version ?? 0 } },
        }),
      ),
    select: ({ graph }): GraphDocument => readDocument(graph),
  });
}
