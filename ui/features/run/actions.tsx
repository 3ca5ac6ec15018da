import { Ban, ExternalLink, Pencil, RotateCcw, Skull } from "lucide-react";
import dynamic from "next/dynamic";
import Link from "next/link";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { Button } from "@/components/button";
import { Confirm, Dialog } from "@/components/dialog";
import { complain, say } from "@/components/toasts";
import type { GraphDocument } from "@/features/graph";
import { api, need } from "@/lib/api/client";
import { type Execution, runIsLive, useRun } from "./store";

// It brings an editor along, which watching a run does not need.
const AgainForm = dynamic(() => import("./again").then((found) => found.AgainForm), { ssr: false });

interface RunActionsProps {
  execution: Execution;
  document: GraphDocument | undefined;
}

export function RunActions({ execution, document }: RunActionsProps) {
  const t = useTranslations("run");
  const live = useRun(runIsLive);
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
  const dialog = (name: typeof asked) => ({
    open: asked === name,
    onOpenChange: (open: boolean) => setAsked(open ? name : null),
  });
  return (
    <>
      {live ? (
        <>
          <Button onClick={() => setAsked("cancel")}>
            <Ban size={14} aria-hidden />
            {t("cancel")}
          </Button>
          <Button look="quiet" onClick={() => setAsked("terminate")}>
            <Skull size={14} aria-hidden />
            {t("terminate")}
          </Button>
        </>
      ) : (
        <Button look="primary" onClick={() => setAsked("again")}>
          <RotateCcw size={14} aria-hidden />
          {t("again")}
        </Button>
      )}
      <Link
        href={`/workflows/edit?id=${execution.workflow_id}`}
        className="inline-flex h-8 items-center gap-1.5 rounded-md border border-line px-3 font-medium text-[13px] hover:bg-sunken"
      >
        <Pencil size={14} aria-hidden />
        {t("edit")}
      </Link>
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
        {document && <AgainForm execution={execution} document={document} />}
      </Dialog>
    </>
  );
}
