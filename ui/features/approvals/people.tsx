import { Check, X } from "lucide-react";
import { useTranslations } from "next-intl";
import { When } from "@/components/when";
import type { Approval } from "@/lib/api/events";
import { useAssigneeName } from "./assignee";

/** Who is asked, how many of them it takes, and who decided what so far. */
export function People({ approval }: { approval: Approval }) {
  const t = useTranslations("approvals");
  const name = useAssigneeName();
  const { assignees, required, decisions, reminded_at } = approval;
  const approved = decisions.filter(({ approve }) => approve).length;
  return (
    <div className="mt-1 space-y-1 text-xs">
      {assignees.length > 0 && (
        <p className="break-words text-ink-soft">
          {t("asked", { people: assignees.map(name).join(", ") })}
        </p>
      )}
      {required > 1 && (
        <p data-progress className="font-medium">
          {t("progress", { approved, required })}
        </p>
      )}
      {decisions.length > 0 && (
        <ul aria-label={t("decisions")} className="space-y-1">
          {decisions.map(({ by, by_email, approve, comment, at }) => (
            <li key={by} className="flex items-start gap-1.5">
              {approve ? (
                <Check size={13} className="mt-0.5 shrink-0 text-ok" aria-hidden />
              ) : (
                <X size={13} className="mt-0.5 shrink-0 text-bad" aria-hidden />
              )}
              <span className="min-w-0 break-words">
                {t(approve ? "approvedBy" : "rejectedBy", { name: by_email ?? by })}
                {" · "}
                <When at={at} />
                {comment && <span className="block">“{comment}”</span>}
              </span>
            </li>
          ))}
        </ul>
      )}
      {reminded_at && (
        <p className="text-ink-soft">
          {t.rich("reminded", { when: () => <When at={reminded_at} /> })}
        </p>
      )}
    </div>
  );
}
