"use client";

import { keepPreviousData, skipToken, useQuery } from "@tanstack/react-query";
import { ReactFlowProvider, useReactFlow } from "@xyflow/react";
import { useSearchParams } from "next/navigation";
import { useTranslations } from "next-intl";
import { useCallback, useEffect, useState } from "react";
import { Empty, Failure, Loading } from "@/components/states";
import { isLive } from "@/components/status";
import {
  arranged,
  type FlowNode,
  type GraphDocument,
  needsLayout,
  readDocument,
  title,
} from "@/features/graph";
import { TranscriptView, useTranscript } from "@/features/transcript";
import { api, need } from "@/lib/api/client";
import { byPlace, usePending } from "./approvals";
import { Below } from "./below";
import { useRunsBelow } from "./children";
import { Head } from "./head";
import { RunInspector, type SelectedNode } from "./inspector";
import { Picture } from "./picture";
import { type Execution, follow, type NodeRun, type Run, useRun } from "./store";
import { WaitingBanner, WaitingMarks } from "./waiting";

const CONVERSATION = "conversation";

/** The room of one run, given by `?id=`. */
export function RunView() {
  const t = useTranslations("run");
  const id = useSearchParams().get("id");
  if (!id) return <Empty title={t("noRun")} />;
  return <Followed key={id} id={id} />;
}

function Followed({ id }: { id: string }) {
  const first = useQuery({
    queryKey: ["execution", id],
    queryFn: () =>
      need(
        api.GET("/api/v1/executions/{execution_id}", { params: { path: { execution_id: id } } }),
      ),
  });
  const streamed = useRun((state) => state.execution);
  const known = streamed?.id === id ? streamed : first.data;
  const graph = useGraph(id, known?.workflow_version);
  const found = first.data !== undefined;
  useEffect(() => (found ? follow(id) : undefined), [id, found]);
  if (first.error) return <Failure error={first.error} retry={() => void first.refetch()} />;
  if (!known) return <Loading tall />;
  return (
    <ReactFlowProvider>
      <Room execution={known} graph={graph.data} error={graph.error} />
    </ReactFlowProvider>
  );
}

interface RunGraph {
  version: number;
  /** Placed when its author did not; null for an agent's run. */
  document: GraphDocument | null;
}

/** The graph that the run carries, which is another one when it is upgraded. */
function useGraph(id: string, version: number | undefined) {
  return useQuery({
    queryKey: ["execution-graph", id, version],
    staleTime: Number.POSITIVE_INFINITY,
    placeholderData: keepPreviousData,
    queryFn: version === undefined ? skipToken : () => readGraph(id, version),
  });
}

async function readGraph(id: string, version: number): Promise<RunGraph> {
  const { graph } = await need(
    api.GET("/api/v1/executions/{execution_id}/graph", { params: { path: { execution_id: id } } }),
  );
  if (graph === null) return { version, document: null };
  const document = readDocument(graph);
  return { version, document: needsLayout(document) ? await arranged(document) : document };
}

interface RoomProps {
  execution: Execution;
  graph: RunGraph | undefined;
  error: unknown;
}

interface Chosen {
  key: string;
  attempt: string | null;
}

function Room({ execution, graph, error }: RoomProps) {
  const document = graph?.document;
  const wanted = useSearchParams().get("node");
  const [chosen, setChosen] = useState<Chosen | null>(
    wanted ? { key: wanted, attempt: null } : null,
  );
  const runs = useRunsBelow(execution);
  const pending = usePending(execution, runs, asksItself(document));
  const waiting = byPlace(pending, execution.id, runs);
  const goTo = useGoTo();
  // The same function and the same state while nothing changed: the canvas tells its selection often.
  const choose = useCallback(
    (key: string | null) =>
      setChosen((before) => {
        if ((before?.key ?? null) === key) return before;
        return key === null ? null : { key, attempt: null };
      }),
    [],
  );
  const marks = { waiting, document, onGo: goTo };
  return (
    <main id="main" className="flex h-full flex-col">
      <Head execution={execution} document={document} />
      <WaitingBanner {...marks} />
      <div className="flex min-h-0 flex-1">
        <div className="flex min-w-0 flex-1 flex-col">
          <div className="relative min-h-0 flex-1">
            {document ? (
              <Picture key={graph?.version} document={document} first={wanted} onSelect={choose}>
                <WaitingMarks {...marks} />
              </Picture>
            ) : document === null ? (
              <Conversation execution={execution} />
            ) : error ? (
              <Failure error={error} />
            ) : (
              <Loading />
            )}
          </div>
          <Below id={execution.id} onSelect={(key, attempt) => setChosen({ key, attempt })} />
        </div>
        <RunInspector
          node={useSelected(chosen?.key ?? null, document)}
          runs={runs}
          asked={pending.filter((each) => each.execution_id === execution.id)}
          attemptId={chosen?.attempt ?? null}
          onAttempt={(attempt) => chosen && setChosen({ ...chosen, attempt })}
        />
      </div>
    </main>
  );
}

/** Whether the run itself may wait for people, and not only the runs below it. */
function asksItself(document: GraphDocument | null | undefined): boolean {
  return document === null || document?.nodes.some((node) => node.type === "approval") === true;
}

/** What an agent's run is, in the place of a canvas. */
function Conversation({ execution }: { execution: Execution }) {
  const { known, learn } = useTranscript(execution.id, isLive(execution.status));
  return (
    <div id={CONVERSATION} className="flex h-full flex-col p-4">
      <div className="mx-auto flex min-h-0 w-full max-w-3xl flex-1 flex-col">
        <TranscriptView known={known} onApproval={learn} fills />
      </div>
    </div>
  );
}

/** Select a node and bring it into view; in a run without a graph, go to what waits in its conversation. */
function useGoTo(): (key: string) => void {
  const flow = useReactFlow<FlowNode>();
  return useCallback(
    (key) => {
      const id = flow.getNodes().find((node) => node.data.node.key === key)?.id;
      if (id === undefined) {
        const waits = `#${CONVERSATION} [data-approval=pending] textarea`;
        window.document.querySelector<HTMLElement>(waits)?.focus();
        return;
      }
      flow.setNodes((nodes) => nodes.map((node) => ({ ...node, selected: node.id === id })));
      void flow.fitView({ nodes: [{ id }], maxZoom: 1, padding: 0.4, duration: 250 });
    },
    [flow],
  );
}

/** The selected node: one of the graph, or a turn or call of an agent. */
function useSelected(
  key: string | null,
  document: GraphDocument | null | undefined,
): SelectedNode | undefined {
  const row = useRun((state) => (key === null ? undefined : firstOf(state, key)));
  const node = document?.nodes.find((each) => each.key === key);
  if (node) return { key: node.key, name: title(node), talks: node.type === "agent" };
  if (!row) return undefined;
  return { key: row.node_key, name: row.name, talks: row.node_type === "agent" };
}

function firstOf({ byKey }: Run, key: string): NodeRun | undefined {
  return byKey.get(key)?.values().next().value;
}
