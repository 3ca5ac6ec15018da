import { useQueryClient } from "@tanstack/react-query";
import { Link2 } from "lucide-react";
import Link from "next/link";
import { useTranslations } from "next-intl";
import { type KeyboardEvent, useState } from "react";
import { Button } from "@/components/button";
import { Dialog } from "@/components/dialog";
import { JsonView } from "@/components/json-view";
import { say } from "@/components/toasts";
import { When } from "@/components/when";
import type { Approval } from "@/lib/api/events";
import { useSession } from "@/lib/api/session";
import { APPROVALS } from "./api";
import { Decided, Question, useApprovalDecision } from "./card";
import { hasModifier, keyOf } from "./keys";
import { LinkDialog } from "./link-dialog";
import { People } from "./people";
import { messageOf, valuesOf } from "./request";

/** One question of a run, with all that is needed to answer it here. */
export function InboxCard({ approval }: { approval: Approval }) {
  const t = useTranslations("approvals");
  const queries = useQueryClient();
  const [asked, setAsked] = useState<"approve" | "reject" | "link" | null>(null);
  const decision = useApprovalDecision(approval, ({ status, title }) => {
    say(t(status === "pending" ? "counted" : `done.${status}`, { name: title }));
    void queries.invalidateQueries({ queryKey: APPROVALS });
  });
  const mine = approval.status === "pending" && approval.can_decide;
  function onKeyDown(event: KeyboardEvent): void {
    if (event.target !== event.currentTarget || hasModifier(event) || !mine) return;
    const key = keyOf(event);
    if (key === "a") setAsked("approve");
    if (key === "r") setAsked("reject");
  }
  return (
    <article
      data-card={approval.id}
      aria-label={t("cardOf", { name: approval.title, workflow: approval.workflow_name ?? "" })}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: the keys of a card need the focus on it
      tabIndex={0}
      onKeyDown={onKeyDown}
      className="rounded-lg border border-line bg-surface p-4 focus-visible:outline-2 focus-visible:outline-accent"
    >
      <Heading approval={approval} onLink={() => setAsked("link")} />
      {approval.status === "pending" ? (
        <>
          <Values approval={approval} />
          <Question approval={approval} decision={decision} />
        </>
      ) : (
        <Past approval={approval} />
      )}
      <ConfirmDecision
        name={approval.title}
        approve={asked === "approve" ? true : asked === "reject" ? false : null}
        onClose={() => setAsked(null)}
        onDecide={decision.sending.mutate}
      />
      {asked === "link" && <LinkDialog approval={approval} onClose={() => setAsked(null)} />}
    </article>
  );
}

function Heading({ approval, onLink }: { approval: Approval; onLink: () => void }) {
  const t = useTranslations("approvals");
  const admin = useSession((state) => state.user?.role === "admin");
  const mayLink = approval.can_decide || admin;
  return (
    <header className="mb-2 flex flex-wrap items-start justify-between gap-2">
      <div className="min-w-0">
        <h2 className="break-words font-semibold">{approval.title}</h2>
        <p className="text-ink-soft text-xs">
          {approval.workflow_name ?? t("noWorkflow")}
          {" · "}
          <When at={approval.created_at} />
          {/* Whoever is named may see what is asked, but not the run of somebody else. */}
          {approval.own && (
            <>
              {" · "}
              <Link
                href={`/executions/view?id=${approval.execution_id}`}
                className="text-accent underline"
              >
                {t("openRun")}
              </Link>
            </>
          )}
        </p>
      </div>
      {approval.status === "pending" && mayLink && (
        <Button onClick={onLink}>
          <Link2 size={14} aria-hidden />
          {t("link.make")}
        </Button>
      )}
    </header>
  );
}

function Values({ approval }: { approval: Approval }) {
  const t = useTranslations("approvals");
  const values = valuesOf(approval);
  if (values === null) return null;
  return (
    <details className="mb-2" open={messageOf(approval) === null}>
      <summary className="cursor-pointer text-[13px]">{t("values")}</summary>
      <div className="mt-1">
        <JsonView value={values} />
      </div>
    </details>
  );
}

/** What was asked, and what became of it. */
function Past({ approval }: { approval: Approval }) {
  const t = useTranslations("approvals");
  const message = messageOf(approval);
  const { status, decisions } = approval;
  return (
    <>
      {message !== null && <p className="whitespace-pre-wrap break-words">{message}</p>}
      <Values approval={approval} />
      {/* Who said what is below, where it is known of everybody. */}
      {status === "pending" || decisions.length === 0 ? (
        <Decided approval={approval} />
      ) : (
        <p className={`font-medium ${status === "approved" ? "text-ok" : "text-bad"}`}>
          {t(`status.${status}`)}
        </p>
      )}
      <People approval={approval} />
    </>
  );
}

interface ConfirmDecisionProps {
  name: string;
  /** Null while nothing is to be confirmed. */
  approve: boolean | null;
  onClose: () => void;
  onDecide: (approve: boolean) => void;
}

/** A key is pressed by mistake more easily than a button: Enter confirms, Escape does not. */
function ConfirmDecision({ name, approve, onClose, onDecide }: ConfirmDecisionProps) {
  const t = useTranslations("approvals");
  const common = useTranslations("common");
  if (approve === null) return null;
  function decide(): void {
    onDecide(approve === true);
    onClose();
  }
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={t(approve ? "confirm.approve" : "confirm.reject", { name })}
      description={t("confirm.text")}
    >
      <div className="flex justify-end gap-2">
        <Button onClick={onClose}>{common("cancel")}</Button>
        <Button autoFocus look={approve ? "primary" : "danger"} onClick={decide}>
          {t(approve ? "approve" : "reject")}
        </Button>
      </div>
    </Dialog>
  );
}
