"use client";

import { useQueryClient } from "@tanstack/react-query";
import { Ban, RotateCcw } from "lucide-react";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { Button } from "@/components/button";
import { Confirm } from "@/components/dialog";
import { isLive } from "@/components/status";
import { say } from "@/components/toasts";
import { api, need } from "@/lib/api/client";
import type { Run } from "./filters";

type Kind = "cancel" | "retry";

interface BulkProps {
  runs: Run[];
  onDone: () => void;
}

/** What can be done to the selected runs at once. */
export function Bulk({ runs, onDone }: BulkProps) {
  const t = useTranslations("executions");
  const [asked, setAsked] = useState(false);
  const { progress, work } = useBulk(onDone);
  const live = runs.filter((run) => isLive(run.status));
  const ended = runs.filter((run) => !isLive(run.status));
  const busy = progress !== null;
  return (
    <div className="mb-3 flex min-h-8 flex-wrap items-center gap-2">
      <p aria-live="polite" className="mr-2 text-ink-soft">
        {progress ? t(progress.kind === "cancel" ? "cancelling" : "retrying", progress) : null}
        {!progress && t("selected", { count: runs.length })}
      </p>
      <Button look="danger" disabled={busy || live.length === 0} onClick={() => setAsked(true)}>
        <Ban size={15} aria-hidden />
        {t("cancel", { count: live.length })}
      </Button>
      <Button disabled={busy || ended.length === 0} onClick={() => void work("retry", ended)}>
        <RotateCcw size={15} aria-hidden />
        {t("retry", { count: ended.length })}
      </Button>
      <Confirm
        open={asked}
        onOpenChange={setAsked}
        title={t("cancelTitle", { count: live.length })}
        action={t("cancel", { count: live.length })}
        danger
        // Not awaited: the progress is shown beside the buttons.
        onConfirm={() => void work("cancel", live)}
      >
        {t("cancelText")}
      </Confirm>
    </div>
  );
}

interface Progress extends Record<string, string | number> {
  kind: Kind;
  done: number;
  count: number;
}

function useBulk(onDone: () => void) {
  const t = useTranslations("executions");
  const queries = useQueryClient();
  const [progress, setProgress] = useState<Progress | null>(null);

  async function work(kind: Kind, runs: Run[]): Promise<void> {
    const failures: unknown[] = [];
    for (const [done, run] of runs.entries()) {
      setProgress({ kind, done, count: runs.length });
      await CALLS[kind](run.id).catch((error: unknown) => failures.push(error));
    }
    setProgress(null);
    onDone();
    tell(kind, runs.length - failures.length, failures);
    await queries.invalidateQueries({ queryKey: ["executions"] });
  }

  function tell(kind: Kind, count: number, failures: unknown[]): void {
    const did = t(kind === "cancel" ? "cancelled" : "retried", { count });
    if (failures.length === 0) {
      say(did);
      return;
    }
    const [first] = failures;
    const reason = first instanceof Error ? first.message : String(first);
    say(`${did} ${t("notDone", { count: failures.length, reason })}`, true);
  }

  return { progress, work };
}

const CALLS: Record<Kind, (id: string) => Promise<unknown>> = {
  cancel: (id) =>
    need(
      api.POST("/api/v1/executions/{execution_id}/cancel", {
        params: { path: { execution_id: id } },
      }),
    ),
  retry: (id) =>
    need(
      api.POST("/api/v1/executions/{execution_id}/retry", {
        params: { path: { execution_id: id } },
      }),
    ),
};
