import { CornerLeftUp } from "lucide-react";
import Link from "next/link";
import { useTranslations } from "next-intl";
import { useEffect, useState } from "react";
import { Origin } from "@/components/origin";
import { StatusBadge } from "@/components/status";
import type { GraphDocument } from "@/features/graph";
import { between, duration } from "@/lib/format";
import { RunActions } from "./actions";
import { type Execution, runIsLive, useRun } from "./store";

interface HeadProps {
  execution: Execution;
  /** Null for a run that has no graph: an agent's. */
  document: GraphDocument | null | undefined;
}

/** What run this is, how it stands, and what can be done with it. */
export function Head({ execution, document }: HeadProps) {
  const t = useTranslations("run");
  const name = useRunName(execution, document === null);
  return (
    <header className="flex flex-wrap items-center gap-x-3 gap-y-1 border-line border-b bg-surface px-4 py-2">
      <WayUp execution={execution} />
      <h1 className="font-semibold text-[15px]">{name}</h1>
      <span aria-live="polite">
        <StatusBadge status={execution.status} />
      </span>
      <Elapsed execution={execution} />
      {document !== null && (
        <span className="text-ink-soft text-xs">
          {t("version", { version: execution.workflow_version })}
        </span>
      )}
      <Origin run={execution} />
      <code className="text-ink-soft text-xs">{execution.id}</code>
      <Connection />
      <div className="ml-auto flex flex-wrap items-center gap-2">
        <RunActions execution={execution} document={document} />
      </div>
    </header>
  );
}

function useRunName(execution: Execution, isAgent: boolean): string {
  const t = useTranslations("run");
  const { agent_name, workflow_name, parent_node_key, trigger_type } = execution;
  if (!isAgent && workflow_name) return workflow_name;
  if (trigger_type === "draft") return t("draftRun");
  return agent_name ?? parent_node_key ?? workflow_name ?? t("agentRun");
}

/** Back to the node of the run that this one belongs to. */
function WayUp({ execution }: { execution: Execution }) {
  const t = useTranslations("run");
  const { parent_execution_id, parent_node_key } = execution;
  if (!parent_execution_id) return null;
  const query = new URLSearchParams({
    id: parent_execution_id,
    ...(parent_node_key && { node: parent_node_key }),
  });
  return (
    <Link
      href={`/executions/view?${query}`}
      className="inline-flex items-center gap-1 rounded-md px-2 py-1 text-[13px] text-accent hover:bg-sunken"
    >
      <CornerLeftUp size={14} aria-hidden />
      {t("wayUp")}
    </Link>
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
