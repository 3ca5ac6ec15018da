"use client";

import { useQueryClient } from "@tanstack/react-query";
import Link from "next/link";
import { useTranslations } from "next-intl";
import { useEffect } from "react";
import { isLive, StatusBadge } from "@/components/status";
import { isWorking, QuestionView, TranscriptView, useTranscript } from "@/features/transcript";
import { AGENTS } from "../api";
import { type Sent, unseen } from "./outbox";

export interface ConversationState {
  /** The agent is at work. */
  working: boolean;
  /** More can be said. */
  live: boolean;
  /** How many messages of people are stored. */
  said: number;
}

interface ConversationProps {
  id: string;
  sent: readonly Sent[];
  onState: (state: ConversationState) => void;
}

/** One conversation as it goes on. */
export function Conversation({ id, sent, onState }: ConversationProps) {
  const t = useTranslations("agents.chat");
  const { known, learn } = useTranscript(id, true);
  const { execution, messages } = known;
  const said = messages.filter(({ role }) => role === "user").length;
  const pending = unseen(sent, id, said);
  const working = isWorking(messages, known) || pending.length > 0;
  const live = execution !== null && isLive(execution.status);
  const queries = useQueryClient();
  useEffect(() => onState({ working, live, said }), [working, live, said, onState]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the list shows the status
  useEffect(() => {
    void queries.invalidateQueries({ queryKey: [...AGENTS, "conversations"] });
  }, [queries, execution?.status]);
  return (
    <>
      {execution && (
        <p className="mb-2 flex items-center gap-2 text-xs">
          <StatusBadge status={execution.status} />
          <Link href={`/executions/view?id=${id}`} className="text-accent underline">
            {t("openRun")}
          </Link>
        </p>
      )}
      <TranscriptView known={known} onApproval={learn} fills>
        {pending.length > 0 && <Pending pending={pending} />}
      </TranscriptView>
    </>
  );
}

/** A conversation that has not begun. */
export function FreshConversation({ pending }: { pending: Sent[] }) {
  const t = useTranslations("agents.chat");
  return (
    <div className="min-h-0 flex-1 overflow-auto p-1">
      {pending.length === 0 && <p className="text-ink-soft">{t("fresh")}</p>}
      <ol className="space-y-3">
        <Pending pending={pending} />
      </ol>
    </div>
  );
}

/** What was said and is not stored yet. */
function Pending({ pending }: { pending: Sent[] }) {
  return pending.map(({ messageId, message }) => (
    <li key={messageId}>
      <QuestionView
        question={{
          kind: "question",
          key: messageId,
          role: "user",
          text: message,
          at: null,
          spent: null,
        }}
      />
    </li>
  ));
}
