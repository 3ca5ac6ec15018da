"use client";

import { useMutation } from "@tanstack/react-query";
import { Check, ShieldQuestion, X } from "lucide-react";
import dynamic from "next/dynamic";
import { useFormatter, useTranslations } from "next-intl";
import { useState } from "react";
import { Button } from "@/components/button";
import { Field, TextArea } from "@/components/field";
import { Failure } from "@/components/states";
import { When } from "@/components/when";
import { useMayWrite } from "@/features/auth";
import type { JsonObject } from "@/features/graph";
import type { Approval } from "@/lib/api/events";
import { Problem } from "@/lib/api/problem";
import { decide, fetchApproval } from "./api";

const LONGEST_COMMENT = 2_000;
// It brings an editor along, which most approvals do not need.
const ApprovalForm = dynamic(() => import("./approval-form").then((found) => found.ApprovalForm), {
  ssr: false,
});

interface ApprovalCardProps {
  approval: Approval;
  onChange: (approval: Approval) => void;
}

/** What a person is asked, with the ways to answer; or how it was decided. */
export function ApprovalCard({ approval, onChange }: ApprovalCardProps) {
  if (approval.status !== "pending") return <Decided approval={approval} />;
  return <Asked approval={approval} onChange={onChange} />;
}

function Asked({ approval, onChange }: ApprovalCardProps) {
  const t = useTranslations("transcript");
  const format = useFormatter();
  const mayWrite = useMayWrite();
  const [comment, setComment] = useState("");
  const [form, setForm] = useState<JsonObject>({});
  const { form_schema: schema } = approval;
  const message = messageOf(approval);
  const deciding = useMutation({
    mutationFn: (approve: boolean) =>
      decide(approval.id, {
        approve,
        comment: comment.trim() || null,
        ...(approve && schema && { form }),
      }),
    onSuccess: onChange,
    onError: async (error) => {
      // Somebody else was faster: what they decided is shown.
      if (error instanceof Problem && error.code === "ALREADY_DECIDED")
        onChange(await fetchApproval(approval.id));
    },
  });
  const { title, expires_at } = approval;
  return (
    <section aria-label={t("approval.title", { name: title })} data-approval="pending">
      <p className="flex items-start gap-1.5 font-medium text-[13px]">
        <ShieldQuestion size={16} className="mt-0.5 shrink-0 text-wait" aria-hidden />
        {message === null ? t("approval.ask", { name: title }) : t("approval.askNode")}
      </p>
      {message !== null && (
        <p className="mt-1 whitespace-pre-wrap break-words rounded-md bg-sunken p-2">{message}</p>
      )}
      {expires_at && (
        <p className="mt-0.5 text-ink-soft text-xs">
          {t("approval.until", {
            time: format.dateTime(new Date(expires_at), {
              dateStyle: "medium",
              timeStyle: "short",
            }),
          })}
        </p>
      )}
      {mayWrite ? (
        <div className="mt-2">
          {schema && <ApprovalForm schema={schema as JsonObject} value={form} onChange={setForm} />}
          <Field
            label={t("approval.comment")}
            hint={t(message === null ? "approval.commentHint" : "approval.commentKept")}
          >
            {({ id, describedBy }) => (
              <TextArea
                id={id}
                aria-describedby={describedBy}
                rows={1}
                maxLength={LONGEST_COMMENT}
                value={comment}
                onChange={(event) => setComment(event.target.value)}
              />
            )}
          </Field>
          <div className="flex flex-wrap gap-2">
            <Button
              look="primary"
              busy={deciding.isPending && deciding.variables}
              disabled={deciding.isPending}
              onClick={() => deciding.mutate(true)}
            >
              <Check size={14} aria-hidden />
              {t("approval.approve")}
            </Button>
            <Button
              look="danger"
              busy={deciding.isPending && !deciding.variables}
              disabled={deciding.isPending}
              onClick={() => deciding.mutate(false)}
            >
              <X size={14} aria-hidden />
              {t("approval.reject")}
            </Button>
          </div>
          {deciding.error && (
            <div className="mt-2">
              <Failure error={deciding.error} />
            </div>
          )}
        </div>
      ) : (
        <p className="mt-1 text-ink-soft text-xs">{t("approval.viewers")}</p>
      )}
    </section>
  );
}

/** What a node asks; null for a call of an agent, whose arguments are shown instead. */
function messageOf({ request }: Approval): string | null {
  const shown = request as { tool?: unknown; message?: unknown } | null;
  return shown?.tool === undefined && typeof shown?.message === "string" ? shown.message : null;
}

function Decided({ approval }: { approval: Approval }) {
  const t = useTranslations("transcript");
  const { status, comment, decided_by_email, decided_at } = approval;
  if (status === "pending") return null;
  return (
    <p
      data-approval={status}
      className={`text-xs ${status === "approved" ? "text-ok" : "text-bad"}`}
    >
      {t(`approval.${status}`)}
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
