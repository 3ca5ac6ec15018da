"use client";

import { ChevronRight } from "lucide-react";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { LoadMore } from "@/components/load-more";
import { Failure } from "@/components/states";
import { StatusIcon } from "@/components/status";
import { When } from "@/components/when";
import { useConversations } from "../api";

interface ConversationListProps {
  agentId: string;
  chosen: string | null;
  onChoose: (id: string) => void;
}

/** One's conversations with an agent, folded to a line. */
export function ConversationList({ agentId, chosen, onChoose }: ConversationListProps) {
  const t = useTranslations("agents.chat");
  const status = useTranslations("status");
  const query = useConversations(agentId);
  const [open, setOpen] = useState(false);
  const conversations = query.data ?? [];
  if (query.error) return <Failure error={query.error} retry={() => void query.refetch()} />;
  if (query.data && conversations.length === 0) return <span />;
  return (
    <div className="min-w-0 flex-1">
      <button
        type="button"
        aria-expanded={open}
        onClick={() => setOpen(!open)}
        className="flex h-8 items-center gap-1 text-[13px]"
      >
        <ChevronRight size={14} className={open ? "rotate-90" : ""} aria-hidden />
        {t("conversations")}
      </button>
      {open && (
        <div className="max-h-52 overflow-auto rounded-md border border-line p-1">
          <ul aria-label={t("conversations")}>
            {conversations.map((each) => (
              <li key={each.id}>
                <button
                  type="button"
                  aria-current={each.id === chosen ? "true" : undefined}
                  onClick={() => onChoose(each.id)}
                  className="flex w-full items-center gap-2 rounded px-2 py-1.5 text-left hover:bg-sunken aria-[current=true]:bg-accent-soft"
                >
                  <StatusIcon status={each.status} size={14} />
                  <span className="sr-only">{status(each.status)}</span>
                  <span className="min-w-0 flex-1 truncate">{each.title}</span>
                  <span className="shrink-0 text-ink-soft text-xs">
                    <When at={each.updated_at} />
                  </span>
                </button>
              </li>
            ))}
          </ul>
          <LoadMore query={query} />
        </div>
      )}
    </div>
  );
}
