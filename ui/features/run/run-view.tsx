"use client";

import { useQuery } from "@tanstack/react-query";
import {
  Background,
  Controls,
  MiniMap,
  type Node,
  ReactFlow,
  ReactFlowProvider,
} from "@xyflow/react";
import { useSearchParams } from "next/navigation";
import { useTranslations } from "next-intl";
import { Tabs } from "radix-ui";
import { useCallback, useEffect, useMemo, useState } from "react";
import { Empty, Failure, Loading } from "@/components/states";
import { StatusBadge } from "@/components/status";
import {
  arranged,
  CARDS,
  Far,
  type GraphDocument,
  LookContext,
  needsLayout,
  readDocument,
  toFlow,
} from "@/features/graph";
import { api, need } from "@/lib/api/client";
import { between, duration } from "@/lib/format";
import { useTheme } from "@/lib/theme";
import { RunActions } from "./actions";
import { RunInspector } from "./inspector";
import { RunLogs } from "./logs";
import { type Execution, follow, runIsLive, useRun, useRunLook } from "./store";
import { RunTimeline } from "./timeline";

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
  const graph = useGraph(id);
  const streamed = useRun((state) => state.execution);
  const found = first.data !== undefined;
  useEffect(() => (found ? follow(id) : undefined), [id, found]);
  if (first.error) return <Failure error={first.error} retry={() => void first.refetch()} />;
  if (!first.data) return <Loading tall />;
  const execution = streamed?.id === id ? streamed : first.data;
  return <Room execution={execution} document={graph.data} error={graph.error} />;
}

/** The graph that the run carries, placed when its author did not. */
function useGraph(id: string) {
  return useQuery({
    queryKey: ["execution-graph", id],
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: async () => {
      const { graph } = await need(
        api.GET("/api/v1/executions/{execution_id}/graph", {
          params: { path: { execution_id: id } },
        }),
      );
      const document = readDocument(graph);
      return needsLayout(document) ? arranged(document) : document;
    },
  });
}

interface RoomProps {
  execution: Execution;
  document: GraphDocument | undefined;
  error: unknown;
}

function Room({ execution, document, error }: RoomProps) {
  const [chosen, setChosen] = useState<{ key: string; attempt: string | null } | null>(null);
  const node = document?.nodes.find((each) => each.key === chosen?.key);
  // The same function and the same state while nothing changed: the canvas tells its selection often.
  const choose = useCallback(
    (key: string | null) =>
      setChosen((before) => {
        if ((before?.key ?? null) === key) return before;
        return key === null ? null : { key, attempt: null };
      }),
    [],
  );
  return (
    <main id="main" className="flex h-full flex-col">
      <Head execution={execution} document={document} />
      <div className="flex min-h-0 flex-1">
        <div className="flex min-w-0 flex-1 flex-col">
          <div className="relative min-h-0 flex-1">
            {document ? (
              <Picture document={document} onSelect={choose} />
            ) : error ? (
              <Failure error={error} />
            ) : (
              <Loading />
            )}
          </div>
          <Below id={execution.id} onSelect={(key, attempt) => setChosen({ key, attempt })} />
        </div>
        <RunInspector
          node={node}
          attemptId={chosen?.attempt ?? null}
          onAttempt={(attempt) => chosen && setChosen({ ...chosen, attempt })}
        />
      </div>
    </main>
  );
}

function Head({
  execution,
  document,
}: {
  execution: Execution;
  document: GraphDocument | undefined;
}) {
  const t = useTranslations("run");
  return (
    <header className="flex flex-wrap items-center gap-x-3 gap-y-1 border-line border-b bg-surface px-4 py-2">
      <h1 className="font-semibold text-[15px]">{execution.workflow_name}</h1>
      <span aria-live="polite">
        <StatusBadge status={execution.status} />
      </span>
      <Elapsed execution={execution} />
      <span className="text-ink-soft text-xs">
        {t("version", { version: execution.workflow_version })}
      </span>
      <code className="text-ink-soft text-xs">{execution.id}</code>
      <Connection />
      <div className="ml-auto flex flex-wrap items-center gap-2">
        <RunActions execution={execution} document={document} />
      </div>
    </header>
  );
}

function Elapsed({ execution }: { execution: Execution }) {
  const live = useRun(runIsLive);
  const [, tick] = useState(0);
  useEffect(() => {
    if (!live) return;
    const timer = setInterval(() => tick((count) => count + 1), 500);
    return () => clearInterval(timer);
  }, [live]);
  return (
    <span className="text-ink-soft text-xs tabular-nums">
      {duration(between(execution.started_at ?? null, execution.ended_at ?? null))}
    </span>
  );
}

/** Whether what is shown is live; a run that ended needs no connection. */
function Connection() {
  const t = useTranslations("run");
  const connection = useRun((state) => state.connection);
  if (connection === "ended") return null;
  return (
    <span
      role="status"
      data-connection={connection}
      className={`rounded px-1.5 text-xs ${connection === "lost" ? "bg-wait-soft text-wait" : "text-run"}`}
    >
      {t(`connection.${connection}`)}
    </span>
  );
}

function Picture({
  document,
  onSelect,
}: {
  document: GraphDocument;
  onSelect: (key: string | null) => void;
}) {
  const t = useTranslations("run");
  const theme = useTheme((state) => state.theme);
  const flow = useMemo(() => toFlow(document), [document]);
  const selected = useCallback(
    ({ nodes }: { nodes: Node[] }) => onSelect(keyOf(nodes[0])),
    [onSelect],
  );
  return (
    <ReactFlowProvider>
      <LookContext value={useRunLook}>
        <ReactFlow
          defaultNodes={flow.nodes}
          defaultEdges={flow.edges}
          nodeTypes={CARDS}
          colorMode={theme}
          nodesDraggable={false}
          nodesConnectable={false}
          deleteKeyCode={null}
          onlyRenderVisibleElements
          minZoom={0.1}
          fitView
          fitViewOptions={{ maxZoom: 1, padding: 0.08 }}
          onSelectionChange={selected}
          aria-label={t("graph")}
        >
          <Background gap={24} />
          <Far />
          <MiniMap pannable zoomable ariaLabel={t("minimap")} />
          <Controls showInteractive={false} />
        </ReactFlow>
      </LookContext>
    </ReactFlowProvider>
  );
}

function keyOf(node: { data: Record<string, unknown> } | undefined): string | null {
  return node ? (node.data as { node: { key: string } }).node.key : null;
}

function Below({ id, onSelect }: { id: string; onSelect: (key: string, attempt: string) => void }) {
  const t = useTranslations("run");
  const status = useRun((state) => state.execution?.status);
  return (
    <Tabs.Root
      defaultValue="timeline"
      className="flex h-64 flex-col border-line border-t bg-surface"
    >
      <Tabs.List aria-label={t("below")} className="flex gap-1 border-line border-b px-3">
        {(["timeline", "logs"] as const).map((tab) => (
          <Tabs.Trigger
            key={tab}
            value={tab}
            className="-mb-px border-transparent border-b-2 px-2 py-1.5 text-[13px] text-ink-soft data-[state=active]:border-accent data-[state=active]:text-ink"
          >
            {t(tab)}
          </Tabs.Trigger>
        ))}
      </Tabs.List>
      <Tabs.Content value="timeline" className="min-h-0 flex-1 overflow-auto">
        <RunTimeline id={id} status={status} onSelect={onSelect} />
      </Tabs.Content>
      <Tabs.Content value="logs" className="min-h-0 flex-1 overflow-auto p-3">
        <RunLogs />
      </Tabs.Content>
    </Tabs.Root>
  );
}
