import { Ban, ExternalLink, Pause, Pencil, Play, RotateCcw, Skull } from "lucide-react";
import dynamic from "next/dynamic";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { Button, ButtonLink } from "@/components/button";
import { Confirm, Dialog } from "@/components/dialog";
import { complain, say } from "@/components/toasts";
import type { GraphDocument } from "@/features/graph";
import { api, need } from "@/lib/api/client";
import { type Execution, runIsLive, useRun } from "./store";
import { Upgrade } from "./upgrade";

// It brings an editor along, which watching a run does not need.
const AgainForm = dynamic(() => import("./again").then((found) => found.AgainForm), { ssr: false });

interface RunActionsProps {
  execution: Execution;
  /** Null for a run without a graph, which cannot be run again by itself. */
  document: GraphDocument | null | undefined;
}

export function RunActions({ execution, document }: RunActionsProps) {
  const t = useTranslations("run");
  const live = useRun(runIsLive);
  const paused = useRun(({ execution: now }) => now?.status === "paused");
  const [asked, setAsked] = useState<"cancel" | "terminate" | "again" | null>(null);
  const path = { params: { path: { execution_id: execution.id } } };
  async function cancel(): Promise<void> {
    await need(api.POST("/api/v1/executions/{execution_id}/cancel", path)).then(
      () => say(t("cancelling")),
      complain,
    );
  }
  async function terminate(): Promise<void> {
    const body = { reason: "terminated in the designer" };
    await need(api.POST("/api/v1/executions/{execution_id}/terminate", { ...path, body })).catch(
      complain,
    );
  }
  async function steer(): Promise<void> {
    const told = paused
      ? api.POST("/api/v1/executions/{execution_id}/resume", path)
      : api.POST("/api/v1/executions/{execution_id}/pause", path);
    await need(told).catch(complain);
  }
  const dialog = (name: typeof asked) => ({
    open: asked === name,
    onOpenChange: (open: boolean) => setAsked(open ? name : null),
  });
  return (
    <>
      {live ? (
        <>
          {document !== null && (
            <Button onClick={steer} title={t(paused ? "resumeHint" : "pauseHint")}>
              {paused ? <Play size={14} aria-hidden /> : <Pause size={14} aria-hidden />}
              {t(paused ? "resume" : "pause")}
            </Button>
          )}
          {document && <Upgrade execution={execution} document={document} />}
          <Button onClick={() => setAsked("cancel")}>
            <Ban size={14} aria-hidden />
            {t("cancel")}
          </Button>
          <Button look="quiet" onClick={() => setAsked("terminate")}>
            <Skull size={14} aria-hidden />
            {t("terminate")}
          </Button>
        </>
      ) : document === null || !execution.workflow_id ? null : (
        <Button look="primary" onClick={() => setAsked("again")}>
          <RotateCcw size={14} aria-hidden />
          {t("again")}
        </Button>
      )}
      {execution.workflow_id && (
        <ButtonLink href={`/workflows/edit?id=${execution.workflow_id}`}>
          <Pencil size={14} aria-hidden />
          {t("edit")}
        </ButtonLink>
      )}
      <Elsewhere execution={execution} />
      {execution.temporal.url && (
        <a
          href={execution.temporal.url}
          target="_blank"
          rel="noreferrer"
          className="inline-flex h-8 items-center gap-1.5 rounded-md px-3 font-medium text-[13px] text-ink-soft hover:bg-sunken"
        >
          Temporal
          <ExternalLink size={14} aria-hidden />
        </a>
      )}
      <Confirm
        {...dialog("cancel")}
        title={t("cancelTitle")}
        action={t("cancel")}
        danger
        onConfirm={cancel}
      >
        {t("cancelText")}
      </Confirm>
      <Confirm
        {...dialog("terminate")}
        title={t("terminateTitle")}
        action={t("terminate")}
        danger
        onConfirm={terminate}
      >
        {t("terminateText")}
      </Confirm>
      <Dialog {...dialog("again")} title={t("again")} description={t("againLead")}>
        {document && execution.workflow_id && (
          <AgainForm execution={execution} workflowId={execution.workflow_id} document={document} />
        )}
      </Dialog>
    </>
  );
}

/** The room where a conversation goes on, or where a draft is decided on. */
function Elsewhere({ execution: { id, agent_id, trigger_type } }: { execution: Execution }) {
  const t = useTranslations("run");
  if (trigger_type === "chat" && agent_id)
    return (
      <ButtonLink href={`/agents/edit?id=${agent_id}&conversation=${id}`}>
        {t("openChat")}
      </ButtonLink>
    );
  if (trigger_type === "draft")
    return <ButtonLink href={`/workflows?draft=${id}`}>{t("openDraft")}</ButtonLink>;
  return null;
}
