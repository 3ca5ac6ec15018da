"use client";

import { useTranslations } from "next-intl";
import { useWaitingCount } from "./api";

/** How many decisions wait for the reader; nothing when none does. */
export function ApprovalBadge() {
  const t = useTranslations("approvals");
  const { count, more } = useWaitingCount();
  if (count === 0) return null;
  return (
    <span
      data-waiting-approvals={count}
      className="rounded-full bg-wait-soft px-1.5 font-medium text-wait text-xs tabular-nums max-lg:absolute max-lg:-top-1 max-lg:-right-1 lg:ml-auto"
    >
      <span aria-hidden>{more ? `${count}+` : count}</span>
      <span className="sr-only">{t("badge", { count })}</span>
    </span>
  );
}
