"use client";

import { ShieldQuestion } from "lucide-react";
import { useFormatter, useTranslations } from "next-intl";
import { When } from "@/components/when";
import { useMayWrite } from "@/features/auth";
import type { JsonObject } from "@/features/graph";
import type { Approval } from "@/lib/api/events";
import { Problem } from "@/lib/api/problem";
import { useSession } from "@/lib/api/session";
import { decide, fetchApproval } from "./api";
import { type DecisionState, useDecision } from "./decision";
import { DecisionForm } from "./decision-form";
import { People } from "./people";
import { messageOf } from "./request";

interface ApprovalCardProps {
  approval: Approval;
  onChange: (approval: Approval) => void;
}

/** What a person is asked, with the ways to answer; or how it was decided. */
export function ApprovalCard({ approval, onChange }: ApprovalCardProps) {
  const decision = useApprovalDecision(approval, onChange);
  if (approval.status !== "pending") return <Decided approval={approval} />;
  return <Question approval={approval} decision={decision} />;
}

/** The reader's decision about an approval. */
export function useApprovalDecision(
  approval: Approval,
  onChange: (approval: Approval) => void,
): DecisionState {
  return useDecision({
    hasForm: Boolean(approval.form_schema),
    send: (decision) => decide(approval.id, decision),
    onSuccess: onChange,
    onError: async (error) => {
      // Somebody else was faster: what they decided is shown.
      if (error instanceof Problem && error.code === "ALREADY_DECIDED")
        onChange(await fetchApproval(approval.id));
    },
  });
}

interface QuestionProps {
  approval: Approval;
  decision: DecisionState;
}

export function Question({ approval, decision }: QuestionProps) {
  const t = useTranslations("approvals");
  const { title, form_schema: schema } = approval;
  const message = messageOf(approval);
  return (
    <section aria-label={t("titleOf", { name: title })} data-approval="pending">
      <p className="flex items-start gap-1.5 font-medium text-[13px]">
        <ShieldQuestion size={16} className="mt-0.5 shrink-0 text-wait" aria-hidden />
        {message === null ? t("ask", { name: title }) : t("askNode")}
      </p>
      {message !== null && (
        <p className="mt-1 whitespace-pre-wrap break-words rounded-md bg-sunken p-2">{message}</p>
      )}
      <Until at={approval.expires_at} />
      <People approval={approval} />
      {approval.can_decide ? (
        <DecisionForm
          schema={schema as JsonObject | null}
          commentHint={t(message === null ? "commentHint" : "commentKept")}
          decision={decision}
        />
      ) : (
        <WhyNot approval={approval} />
      )}
    </section>
  );
}

/** When it is refused if nobody decides. */
function Until({ at }: { at: string | null }) {
  const t = useTranslations("approvals");
  const format = useFormatter();
  if (!at) return null;
  const time = format.dateTime(new Date(at), { dateStyle: "medium", timeStyle: "short" });
  return <p className="mt-0.5 text-ink-soft text-xs">{t("until", { time })}</p>;
}

function WhyNot({ approval }: { approval: Approval }) {
  const t = useTranslations("approvals");
  const mayWrite = useMayWrite();
  const me = useSession((state) => state.user?.id);
  const done = approval.decisions.some(({ by }) => by === me);
  const reason = done ? "youDecided" : mayWrite ? "notYours" : "viewers";
  return <p className="mt-1 text-ink-soft text-xs">{t(reason)}</p>;
}

export function Decided({ approval }: { approval: Approval }) {
  const t = useTranslations("approvals");
  const { status, comment, decided_by_email, decided_at } = approval;
  if (status === "pending") return null;
  return (
    <p
      data-approval={status}
      className={`text-xs ${status === "approved" ? "text-ok" : "text-bad"}`}
    >
      {t(`status.${status}`)}
      {decided_by_email && ` · ${decided_by_email}`}
      {decided_at && (
        <>
          {" · "}
          <When at={decided_at} />
        </>
      )}
      {comment && <span className="block break-words text-ink">“{comment}”</span>}
    </p>
  );
}
