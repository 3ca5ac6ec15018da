"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { MessageSquarePlus } from "lucide-react";
import { useSearchParams } from "next/navigation";
import { useTranslations } from "next-intl";
import { useCallback, useState } from "react";
import { Button } from "@/components/button";
import { Failure } from "@/components/states";
import { complain } from "@/components/toasts";
import { useMayWrite } from "@/features/auth";
import { Problem } from "@/lib/api/problem";
import { newId } from "@/lib/new-id";
import { AGENTS, type Agent, closeConversation, type Outgoing, sendMessage, stopRun } from "../api";
import { Composer } from "./composer";
import { Conversation, type ConversationState, FreshConversation } from "./conversation";
import { ConversationList } from "./list";
import { type Sent, taken, unseen } from "./outbox";

const RETRIES = 3;
const FRESH: ConversationState = { working: false, live: false, said: 0 };

interface ChatPanelProps {
  /** As it is stored; null for one that was never saved. */
  agent: Agent | null;
  dirty: boolean;
}

/** The place to try an agent: conversations with it, as it is saved. */
export function ChatPanel({ agent, dirty }: ChatPanelProps) {
  const t = useTranslations("agents.chat");
  return (
    <section
      aria-labelledby="talk"
      className="flex min-w-0 flex-col rounded-lg border border-line bg-surface p-4 max-lg:h-[85dvh] lg:sticky lg:top-4 lg:h-[calc(100dvh-2rem)]"
    >
      <h2 id="talk" className="font-semibold text-base">
        {t("title")}
      </h2>
      <p className="mt-1 mb-3 text-ink-soft text-xs">
        {t(agent ? (dirty ? "leadUnsaved" : "lead") : "leadNew")}
      </p>
      {agent && <Talk key={agent.id} agent={agent} />}
    </section>
  );
}

function Talk({ agent }: { agent: Agent }) {
  const t = useTranslations("agents.chat");
  const mayWrite = useMayWrite();
  const [chosen, choose] = useChosen();
  const [state, setState] = useState(FRESH);
  const [text, setText] = useState("");
  const { sent, send, busy, error } = useSending(agent.id, choose, setText);
  const pending = unseen(sent, null, 0);
  const open = (id: string | null) => {
    setState(FRESH);
    choose(id);
  };
  // What has ended cannot go on: a message begins another conversation.
  const goesOn = chosen !== null && (state.live || state.said === 0);
  return (
    <>
      <div className="mb-2 flex items-start justify-between gap-2">
        <ConversationList agentId={agent.id} chosen={chosen} onChoose={open} />
        {mayWrite && (
          <Button onClick={() => open(null)} disabled={chosen === null}>
            <MessageSquarePlus size={15} aria-hidden />
            {t("new")}
          </Button>
        )}
      </div>
      {chosen ? (
        <Conversation key={chosen} id={chosen} sent={sent} onState={setState} />
      ) : (
        <FreshConversation pending={pending} />
      )}
      {error !== null && (
        <div className="mt-2">
          <Failure error={error} />
        </div>
      )}
      {mayWrite ? (
        <Composer
          text={text}
          onText={setText}
          busy={busy}
          ended={chosen !== null && !goesOn}
          onSend={() => {
            setText("");
            send({
              message: text,
              conversationId: goesOn ? chosen : null,
              messageId: newId(),
            });
          }}
          onStop={state.working && chosen ? () => void stopRun(chosen).catch(complain) : null}
          onClose={
            state.live && !state.working && chosen
              ? () => void closeConversation(chosen).catch(complain)
              : null
          }
        />
      ) : (
        <p className="mt-2 text-ink-soft text-xs">{t("viewers")}</p>
      )}
    </>
  );
}

/** The conversation that is shown; it is a part of the address, so that it comes back. */
function useChosen(): [string | null, (id: string | null) => void] {
  const address = useSearchParams().get("conversation");
  const [chosen, setChosen] = useState(address);
  const choose = useCallback((id: string | null) => {
    setChosen(id);
    const url = new URL(window.location.href);
    if (id) url.searchParams.set("conversation", id);
    else url.searchParams.delete("conversation");
    window.history.replaceState(null, "", url.pathname + url.search);
  }, []);
  return [chosen, choose];
}

function useSending(
  agentId: string,
  choose: (id: string) => void,
  giveBack: (change: (now: string) => string) => void,
) {
  const queries = useQueryClient();
  const [sent, setSent] = useState<Sent[]>([]);
  const sending = useMutation({
    mutationFn: (outgoing: Outgoing) => sendMessage(agentId, outgoing),
    // The server takes the same message once.
    retry: (count, error) => count < RETRIES && error instanceof Problem && error.status === 0,
    onMutate: (outgoing) => setSent((now) => [...now, { ...outgoing, number: null }]),
    onSuccess: async ({ conversation_id, seq }, { messageId }) => {
      setSent((now) => taken(now, messageId, conversation_id, seq));
      choose(conversation_id);
      await queries.invalidateQueries({ queryKey: [...AGENTS, "conversations", agentId] });
    },
    onError: (_error, { message, messageId }) => {
      setSent((now) => now.filter((each) => each.messageId !== messageId));
      giveBack((now) => now || message);
    },
  });
  return { sent, send: sending.mutate, busy: sending.isPending, error: sending.error };
}
