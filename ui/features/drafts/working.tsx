import { useMutation } from "@tanstack/react-query";
import { CircleStop, LoaderCircle } from "lucide-react";
import { useTranslations } from "next-intl";
import { Button } from "@/components/button";
import { Failure } from "@/components/states";
import { Still } from "@/features/graph";
import { type Transcribed, TranscriptView, useTranscript } from "@/features/transcript";
import { type Draft, stopDraft } from "./api";
import { StepHeading } from "./heading";
import { useAdopted } from "./use-adopted";

const TURN = /^turn_\d+$/;

/** An agent at work: how far it is, the graph as it grows, and what it says. */
export function Working({ draft }: { draft: Draft }) {
  const t = useTranslations("drafts");
  const { known, learn } = useTranscript(draft.id, true);
  const { base, document } = useAdopted(draft);
  const stopping = useMutation({ mutationFn: () => stopDraft(draft.id) });
  const nodes = document?.nodes.length ?? 0;
  return (
    <>
      <StepHeading>{t("working")}</StepHeading>
      <div className="mb-3 flex flex-wrap items-center gap-3">
        <p role="status" className="flex items-center gap-2">
          <LoaderCircle size={15} className="animate-spin text-run" aria-hidden />
          {t("progress", { turns: turnsOf(known), nodes })}
        </p>
        <Button
          look="danger"
          className="ml-auto"
          // Busy until the run has ended.
          busy={stopping.isPending || stopping.isSuccess}
          onClick={() => stopping.mutate()}
        >
          <CircleStop size={14} aria-hidden />
          {t("stop")}
        </Button>
      </div>
      {stopping.error && <Failure error={stopping.error} />}
      <div className="mb-3 h-72 overflow-hidden rounded-md border border-line">
        {document && (
          // Another number of nodes is another picture, which fits its frame.
          <Still key={nodes} document={document} before={base} />
        )}
      </div>
      <h4 className="mb-1 font-medium text-[13px]">{t("said")}</h4>
      <TranscriptView known={known} onApproval={learn} />
      <p className="mt-3 text-ink-soft text-xs">{t("leaving")}</p>
    </>
  );
}

function turnsOf({ rows }: Transcribed): number {
  return [...rows.keys()].filter((key) => TURN.test(key)).length;
}
