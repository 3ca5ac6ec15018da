import { useQuery } from "@tanstack/react-query";
import {
  Ban,
  CircleCheck,
  CircleDashed,
  CircleX,
  Clock,
  LoaderCircle,
  ShieldX,
} from "lucide-react";
import Link from "next/link";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { JsonView } from "@/components/json-view";
import { shown } from "@/features/forms";
import type { Json } from "@/features/graph";
import type { Approval } from "@/lib/api/events";
import { between, duration } from "@/lib/format";
import { runBelow } from "./api";
import { ApprovalCard } from "./approval";
import { type Call, type CallState, failureOf } from "./entries";
import { Failed } from "./failure";

const LOOKS: Record<CallState, { icon: typeof Ban; text: string }> = {
  asked: { icon: CircleDashed, text: "text-ink-soft" },
  waiting: { icon: Clock, text: "text-wait" },
  running: { icon: LoaderCircle, text: "text-run" },
  done: { icon: CircleCheck, text: "text-ok" },
  failed: { icon: CircleX, text: "text-bad" },
  refused: { icon: ShieldX, text: "text-bad" },
  stopped: { icon: Ban, text: "text-ink-soft" },
};

interface CallViewProps {
  call: Call;
  onApproval: (approval: Approval) => void;
}

/** A call of a tool, folded; what waits for a person stands open below it. */
export function CallView({ call, onApproval }: CallViewProps) {
  const t = useTranslations("transcript");
  const [open, setOpen] = useState(false);
  const { icon: Icon, text } = LOOKS[call.state];
  const took = call.row ? between(call.row.started_at ?? null, call.row.ended_at ?? null) : null;
  return (
    <div className="rounded-md border border-line" data-call={call.key} data-state={call.state}>
      <details open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary className="flex cursor-pointer items-center gap-2 px-2 py-1.5 text-[13px]">
          <Icon
            size={14}
            className={`shrink-0 ${text} ${call.state === "running" ? "animate-spin" : ""}`}
            aria-hidden
          />
          <code className="shrink-0 font-medium">{call.name}</code>
          <span className="min-w-0 flex-1 truncate font-mono text-ink-soft text-xs">
            {shown(call.arguments, 120)}
          </span>
          <span className={`shrink-0 text-xs ${text}`}>{t(`call.${call.state}`)}</span>
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
    </div>
  );
}

function Inside({ call }: { call: Call }) {
  const t = useTranslations("transcript");
  const failure = failureOf(call);
  return (
    <div className="space-y-2 border-line border-t p-2">
      <Value title={t("arguments")} value={call.arguments} />
      {call.above && <RunBelow above={call.above} place={call.key} />}
      {failure && <Failed error={failure} />}
      {call.result !== undefined && !failure && <Value title={t("result")} value={call.result} />}
    </div>
  );
}

/** The way to the run that the call is. */
function RunBelow({ above, place }: { above: string; place: string }) {
  const t = useTranslations("transcript");
  const { data } = useQuery({
    queryKey: ["executions", "of-call", above, place],
    queryFn: () => runBelow(above, place),
  });
  if (!data) return null;
  return (
    <p className="text-xs">
      <Link href={`/executions/view?id=${data.id}`} className="text-accent underline">
        {t("openRun")}
      </Link>
    </p>
  );
}

function Value({ title, value }: { title: string; value: Json }) {
  return (
    <section aria-label={title}>
      <h4 className="mb-1 font-medium text-xs">{title}</h4>
      {typeof value === "string" ? (
        <pre
          // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keyboard
          tabIndex={0}
          className="max-h-72 overflow-auto whitespace-pre-wrap break-words rounded-md bg-sunken p-2 text-[12px]"
        >
          {value}
        </pre>
      ) : (
        <JsonView value={value} />
      )}
    </section>
  );
}
