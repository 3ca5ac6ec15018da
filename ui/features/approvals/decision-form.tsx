import { Check, X } from "lucide-react";
import dynamic from "next/dynamic";
import { useTranslations } from "next-intl";
import { Button } from "@/components/button";
import { Field, TextArea } from "@/components/field";
import { Failure } from "@/components/states";
import type { JsonObject } from "@/features/graph";
import type { DecisionState } from "./decision";

const LONGEST_COMMENT = 2_000;
// It brings an editor along, which most approvals do not need.
const ApprovalForm = dynamic(() => import("./approval-form").then((found) => found.ApprovalForm), {
  ssr: false,
});

interface DecisionFormProps {
  schema: JsonObject | null;
  /** Who reads the comment. */
  commentHint: string;
  decision: DecisionState;
}

/** What is filled in and said with a decision, and its two buttons. */
export function DecisionForm({ schema, commentHint, decision }: DecisionFormProps) {
  const t = useTranslations("approvals");
  const { comment, setComment, form, setForm, sending } = decision;
  return (
    <div className="mt-2">
      {schema && <ApprovalForm schema={schema} value={form} onChange={setForm} />}
      <Field label={t("comment")} hint={commentHint}>
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
          busy={sending.isPending && sending.variables === true}
          disabled={sending.isPending}
          onClick={() => sending.mutate(true)}
        >
          <Check size={14} aria-hidden />
          {t("approve")}
        </Button>
        <Button
          look="danger"
          busy={sending.isPending && sending.variables === false}
          disabled={sending.isPending}
          onClick={() => sending.mutate(false)}
        >
          <X size={14} aria-hidden />
          {t("reject")}
        </Button>
      </div>
      {sending.error && (
        <div className="mt-2">
          <Failure error={sending.error} />
        </div>
      )}
    </div>
  );
}
