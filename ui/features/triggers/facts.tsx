import { CirclePause, CirclePlay } from "lucide-react";
import Link from "next/link";
import { useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { When } from "@/components/when";
import type { Trigger } from "./api";

/** How a trigger stands, and what it missed. */
export function Facts({ trigger }: { trigger: Trigger }) {
  const t = useTranslations("triggers");
  const schedule = trigger.config.type === "schedule";
  return (
    <dl className="grid gap-4 rounded-lg border border-line bg-surface p-4 sm:grid-cols-3 lg:grid-cols-6">
      <Fact name={t("state")}>
        <State trigger={trigger} />
      </Fact>
      <Fact name={t("workflow")}>
        <Link
          href={`/workflows/edit?id=${trigger.workflow_id}`}
          className="text-accent hover:underline"
        >
          {trigger.workflow_name}
        </Link>
      </Fact>
      {schedule && (
        <Fact name={t("next")}>
          <When at={trigger.is_active ? trigger.next_run_at : null} />
        </Fact>
      )}
      <Fact name={t("last")}>
        <When at={trigger.last_run_at} />
      </Fact>
      {schedule && (
        <>
          <Fact name={t("missed")} hint={t("missedHint")}>
            <Count count={trigger.missed} />
          </Fact>
          <Fact name={t("skippedOverlap")} hint={t("skippedOverlapHint")}>
            <Count count={trigger.skipped_overlap} />
          </Fact>
        </>
      )}
    </dl>
  );
}

interface FactProps {
  name: string;
  hint?: string;
  children: ReactNode;
}

function Fact({ name, hint, children }: FactProps) {
  return (
    <div className="min-w-0">
      <dt className="text-ink-soft text-xs">{name}</dt>
      <dd className="mt-0.5 break-words">
        {children}
        {hint && <span className="block text-ink-soft text-xs">{hint}</span>}
      </dd>
    </div>
  );
}

function State({ trigger }: { trigger: Trigger }) {
  const t = useTranslations("triggers");
  const { is_active, note } = trigger;
  const Icon = is_active ? CirclePlay : CirclePause;
  return (
    <>
      <span
        data-active={is_active}
        className={`inline-flex items-center gap-1 rounded-full px-2 py-0.5 font-medium text-xs ${is_active ? "bg-ok-soft text-ok" : "bg-wait-soft text-wait"}`}
      >
        <Icon size={13} aria-hidden />
        {t(is_active ? "isActive" : "isPaused")}
      </span>
      {note && <span className="mt-1 block text-ink-soft text-xs">{note}</span>}
    </>
  );
}

/** A number that the scheduler keeps; unknown while it does not answer. */
function Count({ count }: { count: number | null }) {
  const t = useTranslations("triggers");
  if (count === null) return <span className="text-ink-soft">{t("unknown")}</span>;
  return <span className={`tabular-nums ${count > 0 ? "text-wait" : ""}`}>{count}</span>;
}
