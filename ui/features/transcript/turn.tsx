import { LoaderCircle } from "lucide-react";
import { useTranslations } from "next-intl";
import { memo } from "react";
import { CopyButton } from "@/components/copy-button";
import type { Approval } from "@/lib/api/events";
import { CallView } from "./call";
import type { Turn } from "./entries";
import { Failed } from "./failure";
import { Said } from "./said";
import { SpentLine } from "./spent";

interface TurnViewProps {
  turn: Turn;
  onApproval: (approval: Approval) => void;
}

/** One answer of the model: its text, and the tools that it asked for. */
export const TurnView = memo(function TurnView({ turn, onApproval }: TurnViewProps) {
  const t = useTranslations("transcript");
  const { text, speaking, calls, finish, error, attempt } = turn;
  return (
    <article
      aria-label={t("answer")}
      aria-busy={speaking || undefined}
      data-said="agent"
      data-turn={turn.key}
      className="space-y-2 rounded-lg border border-line bg-surface px-3 py-2"
    >
      {text && <Said text={text} speaking={speaking} />}
      {speaking && (
        <p className="flex items-center gap-1.5 text-ink-soft text-xs">
          <LoaderCircle size={13} className="animate-spin" aria-hidden />
          {attempt > 1 ? t("again", { attempt }) : t(text ? "speaking" : "thinking")}
        </p>
      )}
      {calls.map((call) => (
        <CallView key={call.key} call={call} onApproval={onApproval} />
      ))}
      {error && <Failed error={error} />}
      {(finish === "length" || finish === "refusal") && (
        <p className="rounded-md bg-wait-soft px-2 py-1 text-wait text-xs">
          {t(`finish.${finish}`)}
        </p>
      )}
      <Foot turn={turn} />
    </article>
  );
});

function Foot({ turn: { text, speaking, spent } }: { turn: Turn }) {
  const t = useTranslations("transcript");
  const copies = text !== "" && !speaking;
  if (!spent && !copies) return null;
  return (
    <div className="-mb-1 flex min-h-8 items-center justify-between">
      {spent && <SpentLine spent={spent} />}
      {copies && (
        <span className="ml-auto">
          <CopyButton text={text} label={t("copyAnswer")} />
        </span>
      )}
    </div>
  );
}
