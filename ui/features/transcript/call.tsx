import {
  Ban,
  CircleCheck,
  CircleDashed,
  CircleX,
  Clock,
  Hand,
  LoaderCircle,
  ShieldX,
} from "lucide-react";
import Link from "next/link";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { ApprovalCard } from "@/features/approvals";
import { shown } from "@/features/forms";
import type { Approval } from "@/lib/api/events";
import { between, duration } from "@/lib/format";
import { AskedBelow } from "./asked-below";
import { useAskedBelow, useRunOf } from "./below";
import { type Call, type CallState, failureOf } from "./entries";
import { Failed } from "./failure";
import { Value } from "./value";

const LOOKS: Record<CallState, { icon: typeof Ban; text: string }> = {
  asked: { icon: CircleDashed, text: "text-ink-soft" },
  waiting: { icon: Clock, text: "text-wait" },
  running: { icon: LoaderCircle, text: "text-run" },
  done: { icon: CircleCheck, text: "text-ok" },
  failed: { icon: CircleX, text: "text-bad" },
  refused: { icon: ShieldX, text: "text-bad" },
  stopped: { icon: Ban, text: "text-ink-soft" },
};

const NEEDS_YOU = { icon: Hand, text: "text-wait" };

interface CallViewProps {
  call: Call;
  onApproval: (approval: Approval) => void;
}

/** A call of a tool, folded; what waits for a person stands open below it. */
export function CallView({ call, onApproval }: CallViewProps) {
  const t = useTranslations("transcript");
  const [open, setOpen] = useState(false);
  const below = useAskedBelow(call);
  const needsYou = below.pending.length > 0;
  const { icon: Icon, text } = needsYou ? NEEDS_YOU : LOOKS[call.state];
  const took = call.row ? between(call.row.started_at ?? null, call.row.ended_at ?? null) : null;
  return (
    <div
      className="rounded-md border border-line"
      data-call={call.key}
      data-state={call.state}
      data-asked-below={needsYou || undefined}
    >
      <details open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary className="flex cursor-pointer items-center gap-2 px-2 py-1.5 text-[13px]">
          <Icon
            size={14}
            className={`shrink-0 ${text} ${Icon === LoaderCircle ? "animate-spin" : ""}`}
            aria-hidden
          />
          <code className="shrink-0 font-medium">{call.name}</code>
          <span className="min-w-0 flex-1 truncate font-mono text-ink-soft text-xs">
            {shown(call.arguments, 120)}
          </span>
          <span className={`shrink-0 text-xs ${text}`}>
            {needsYou ? t("needsYou") : t(`call.${call.state}`)}
          </span>
          {took !== null && call.row?.ended_at && (
            <span className="shrink-0 text-ink-soft text-xs tabular-nums">{duration(took)}</span>
          )}
        </summary>
        {open && <Inside call={call} />}
      </details>
      {call.approval && (
        <div className="border-line border-t p-2">
          <ApprovalCard approval={call.approval} onChange={onApproval} />
        </div>
      )}
      {call.above !== null && <AskedBelow asked={below} />}
    </div>
  );
}

function Inside({ call }: { call: Call }) {
  const t = useTranslations("transcript");
  const failure = failureOf(call);
  return (
    <div className="space-y-2 border-line border-t p-2">
      <Value title={t("arguments")} value={call.arguments} />
      <RunBelow call={call} />
      {failure && <Failed error={failure} />}
      {call.result !== undefined && !failure && <Value title={t("result")} value={call.result} />}
    </div>
  );
}

/** The way to the run that the call is. */
function RunBelow({ call }: { call: Call }) {
  const t = useTranslations("transcript");
  const run = useRunOf(call, true);
  if (!run) return null;
  return (
    <p className="text-xs">
      <Link href={`/executions/view?id=${run.id}`} className="text-accent underline">
        {t("openRun")}
      </Link>
    </p>
  );
}
