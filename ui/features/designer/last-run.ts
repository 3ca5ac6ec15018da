import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { create } from "zustand";
import type { GraphDocument, Json, JsonObject } from "@/features/graph";
import { api, need, type Schemas } from "@/lib/api/client";
import { currentDocument, useDesigner } from "./store";

export type Execution = Schemas["ExecutionOut"];
type NodeOut = Schemas["NodeOut"];

/** The workflow's newest run with its node attempts; null when it never ran. */
export function useLastRun(workflowId: string) {
  return useQuery({
    queryKey: ["last-run", workflowId],
    enabled: workflowId !== "",
    queryFn: async (): Promise<Execution | null> => {
      const { items } = await need(
        api.GET("/api/v1/executions", { params: { query: { workflow_id: workflowId, limit: 1 } } }),
      );
      const newest = items[0];
      if (!newest) return null;
      return need(
        api.GET("/api/v1/executions/{execution_id}", {
          params: { path: { execution_id: newest.id } },
        }),
      );
    },
  });
}

/** What expressions of a node can read, or those of the workflow itself when `key` is null. */
export function useScopeOf(key: string | null): { values: JsonObject } {
  const workflowId = useDesigner((state) => state.workflowId);
  const revision = useDesigner((state) => state.revision);
  const samples = useSamples((state) => state.outputs);
  const { data: run } = useLastRun(workflowId);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the document is another at each revision
  return useMemo(
    () => ({ values: scopeFor(currentDocument(), run, samples, key) }),
    [revision, samples, run, key],
  );
}

// Pinned samples: what a node is taken to give while the graph is drawn, kept in this browser.
interface Samples {
  workflowId: string;
  outputs: JsonObject;
}

export const useSamples = create<Samples>(() => ({ workflowId: "", outputs: {} }));

function place(workflowId: string): string {
  return `pastetrader-samples-${workflowId}`;
}

export function restoreSamples(workflowId: string): void {
  const kept = localStorage.getItem(place(workflowId));
  useSamples.setState({ workflowId, outputs: kept ? (JSON.parse(kept) as JsonObject) : {} });
}

export function pinSample(key: string, output: Json | undefined): void {
  const { workflowId, outputs } = useSamples.getState();
  const { [key]: _old, ...rest } = outputs;
  const next = output === undefined ? rest : { ...rest, [key]: output };
  useSamples.setState({ outputs: next });
  localStorage.setItem(place(workflowId), JSON.stringify(next));
}

/** The last attempt of each node; inside containers that of the first pass. */
export function lastAttempts(run: Execution | null | undefined): Map<string, NodeOut> {
  const found = new Map<string, NodeOut>();
  for (const node of run?.nodes ?? []) {
    const known = found.get(node.node_key);
    if (!known || known.path === node.path) found.set(node.node_key, node);
  }
  return found;
}

/** What expressions of a node could read: the graph's names, with the last run's and pinned values. */
export function scopeFor(
  document: GraphDocument,
  run: Execution | null | undefined,
  samples: JsonObject,
  key: string | null,
): JsonObject {
  const attempts = lastAttempts(run);
  const nodes = Object.fromEntries(
    document.nodes
      .filter((node) => node.key !== key)
      .map((node) => [node.key, nodeScope(attempts.get(node.key), samples[node.key])]),
  );
  const self = document.nodes.find((node) => node.key === key);
  return {
    input: (run?.input ?? {}) as Json,
    vars: document.variables ?? {},
    nodes,
    run: {
      id: run?.id ?? "",
      workflow: document.name,
      version: run?.workflow_version ?? 0,
      started_at: run?.started_at ?? "",
    },
    ...(self?.parent ? passScope(document, self.parent, attempts, run) : {}),
  };
}

function nodeScope(attempt: NodeOut | undefined, sample: Json | undefined): JsonObject {
  const output = sample ?? (attempt?.output as Json | undefined);
  return {
    status: sample === undefined ? (attempt?.status ?? "completed") : "completed",
    error: (attempt?.error ?? null) as Json,
    ...(output === undefined ? {} : { output }),
  };
}

/** `item` and `index` of a container's first pass. */
function passScope(
  document: GraphDocument,
  parent: string,
  attempts: Map<string, NodeOut>,
  run: Execution | null | undefined,
): JsonObject {
  const recorded = (attempts.get(parent)?.input as JsonObject | null | undefined)?.items;
  const items = recorded ?? guessed(document, parent, (run?.input ?? {}) as JsonObject);
  const first = Array.isArray(items) ? items[0] : undefined;
  return { index: 0, ...(first === undefined ? {} : { item: first }), previous: null };
}

function guessed(document: GraphDocument, parent: string, input: JsonObject): Json | undefined {
  const items = document.nodes.find((node) => node.key === parent)?.config?.items;
  const name =
    typeof items === "string" ? /^\{\{\s*input\.(\w+)\s*\}\}$/.exec(items)?.[1] : undefined;
  return name ? input[name] : Array.isArray(items) ? items : undefined;
}
