"use client";

import { useQuery } from "@tanstack/react-query";
import { useSearchParams } from "next/navigation";
import { useFormatter, useTranslations } from "next-intl";
import { useState } from "react";
import { JsonView } from "@/components/json-view";
import { Failure, Loading } from "@/components/states";
import { Frame } from "@/features/auth";
import type { JsonObject } from "@/features/graph";
import { Problem } from "@/lib/api/problem";
import { type Asked, answerAsked, fetchAsked } from "./api";
import { useDecision } from "./decision";
import { DecisionForm } from "./decision-form";
import { messageOf, valuesOf } from "./request";

/** The question of the link `?token=`, for somebody who need not sign in. */
export function LinkedQuestion() {
  const t = useTranslations("approvals.linked");
  const token = useSearchParams().get("token") ?? "";
  // Asked once: what comes later would take away what is being written.
  const query = useQuery({
    queryKey: ["approval-link", token],
    queryFn: () => fetchAsked(token),
    enabled: token !== "",
    staleTime: Number.POSITIVE_INFINITY,
    refetchOnWindowFocus: false,
  });
  if (token === "") return <Over what="unknown" />;
  if (query.error) return <Refused error={query.error} retry={() => void query.refetch()} />;
  if (!query.data) return <Loading tall />;
  const { title, workflow_name: workflow } = query.data;
  return (
    <Frame title={title} lead={workflow ? t("lead", { workflow }) : t("leadPlain")} wide>
      <Question key={token} token={token} asked={query.data} />
    </Frame>
  );
}

interface QuestionProps {
  token: string;
  asked: Asked;
}

function Question({ token, asked }: QuestionProps) {
  const t = useTranslations("approvals");
  const [decided, setDecided] = useState<"approved" | "rejected" | null>(null);
  const [refusal, setRefusal] = useState<Ending | null>(null);
  const decision = useDecision({
    hasForm: Boolean(asked.form_schema),
    send: async (made) => {
      await answerAsked(token, made);
      return made.approve;
    },
    onSuccess: (approved) => setDecided(approved ? "approved" : "rejected"),
    onError: (error) => setRefusal(ending(error)),
  });
  const message = messageOf(asked);
  const values = valuesOf(asked);
  if (decided)
    return (
      <p role="status" className="rounded-md bg-ok-soft px-3 py-2 text-ok">
        {t(`linked.thanks.${decided}`)}
      </p>
    );
  if (refusal) return <p role="alert">{t(`linked.${refusal}.text`)}</p>;
  if (asked.decided) return <p role="status">{t(`linked.decided.${asked.status}`)}</p>;
  return (
    <section aria-label={t("titleOf", { name: asked.title })} data-approval="pending">
      {message === null ? (
        <p>{t("ask", { name: asked.title })}</p>
      ) : (
        <p className="whitespace-pre-wrap break-words rounded-md bg-sunken p-2">{message}</p>
      )}
      {values !== null && (
        <div className="mt-2">
          <JsonView value={values} />
        </div>
      )}
      <Until asked={asked} />
      <DecisionForm
        schema={asked.form_schema as JsonObject | null}
        commentHint={t(message === null ? "commentHint" : "commentKept")}
        decision={decision}
      />
    </section>
  );
}

/** How long the link works, and for whom it is. */
function Until({ asked }: { asked: Asked }) {
  const t = useTranslations("approvals.linked");
  const format = useFormatter();
  const time = format.dateTime(new Date(asked.expires_at), {
    dateStyle: "medium",
    timeStyle: "short",
  });
  return <p className="mt-2 text-ink-soft text-xs">{t("until", { time, email: asked.email })}</p>;
}

const ENDINGS = {
  LINK_USED: "used",
  LINK_EXPIRED: "expired",
  LINK_REVOKED: "revoked",
  NOT_FOUND: "unknown",
} as const;
type Ending = (typeof ENDINGS)[keyof typeof ENDINGS];

/** How a link ended that the server refuses; null when it may still work. */
function ending(error: unknown): Ending | null {
  if (!(error instanceof Problem)) return null;
  return ENDINGS[error.code as keyof typeof ENDINGS] ?? null;
}

function Refused({ error, retry }: { error: unknown; retry: () => void }) {
  const t = useTranslations("approvals.linked");
  const what = ending(error);
  if (what) return <Over what={what} />;
  return (
    <Frame title={t("failed")} lead={t("leadPlain")}>
      <Failure error={error} retry={retry} />
    </Frame>
  );
}

function Over({ what }: { what: Ending }) {
  const t = useTranslations("approvals.linked");
  return (
    <Frame title={t(`${what}.title`)} lead={t(`${what}.text`)}>
      <p className="text-ink-soft">{t("askAgain")}</p>
    </Frame>
  );
}
