import {
  Ban,
  CircleCheck,
  CircleDashed,
  CirclePause,
  CircleX,
  Clock,
  Hourglass,
  LoaderCircle,
} from "lucide-react";
import { useTranslations } from "next-intl";
import type { Schemas } from "@/lib/api/client";

export type Status = Schemas["ExecutionStatus"];

const LOOKS: Record<Status, { icon: typeof Ban; text: string; soft: string }> = {
  pending: { icon: Hourglass, text: "text-ink-soft", soft: "bg-sunken" },
  running: { icon: LoaderCircle, text: "text-run", soft: "bg-run-soft" },
  waiting: { icon: Clock, text: "text-wait", soft: "bg-wait-soft" },
  paused: { icon: CirclePause, text: "text-wait", soft: "bg-wait-soft" },
  completed: { icon: CircleCheck, text: "text-ok", soft: "bg-ok-soft" },
  failed: { icon: CircleX, text: "text-bad", soft: "bg-bad-soft" },
  cancelled: { icon: Ban, text: "text-ink-soft", soft: "bg-sunken" },
  skipped: { icon: CircleDashed, text: "text-ink-soft", soft: "bg-sunken" },
};

export function StatusIcon({ status, size = 16 }: { status: Status; size?: number }) {
  const { icon: Icon, text } = LOOKS[status];
  const spins = status === "running" ? "animate-spin" : "";
  return <Icon size={size} className={`shrink-0 ${text} ${spins}`} aria-hidden />;
}

export function StatusBadge({ status }: { status: Status }) {
  const t = useTranslations("status");
  const { text, soft } = LOOKS[status];
  return (
    <span
      data-status={status}
      className={`inline-flex items-center gap-1 rounded-full px-2 py-0.5 font-medium text-xs ${text} ${soft}`}
    >
      <StatusIcon status={status} size={13} />
      {t(status)}
    </span>
  );
}

export function isLive(status: Status): boolean {
  return !["completed", "failed", "cancelled", "skipped"].includes(status);
}
