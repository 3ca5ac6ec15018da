"use client";

import { useSearchParams } from "next/navigation";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { Loaded } from "@/components/states";
import { Page } from "@/features/shell";
import { type Agent, useAgent } from "./api";
import { copyOf, draftOf, emptyDraft } from "./draft";
import { Room } from "./room";

/** The room of one agent: a stored one by `?id=`, one like another by `?copy=`, else a new one. */
export function AgentEdit() {
  const params = useSearchParams();
  const [made, setMade] = useState<{ id: string; asked: string } | null>(null);
  const [id, copy] = [params.get("id"), params.get("copy")];
  // An agent that was just saved is the same room under another address.
  const asked = made && made.id === id ? made.asked : `${id ?? ""}/${copy ?? ""}`;
  function take(agent: Agent): void {
    setMade({ id: agent.id, asked });
    window.history.replaceState(null, "", `/agents/edit?id=${encodeURIComponent(agent.id)}`);
  }
  return <Opened key={asked} asked={asked} onMade={take} />;
}

interface OpenedProps {
  asked: string;
  onMade: (agent: Agent) => void;
}

function Opened({ asked, onMade }: OpenedProps) {
  const [id = "", copy = ""] = asked.split("/");
  if (id) return <Stored id={id} copied={false} onMade={onMade} />;
  if (copy) return <Stored id={copy} copied onMade={onMade} />;
  return <Room agent={null} first={emptyDraft()} onMade={onMade} />;
}

function Stored({
  id,
  copied,
  onMade,
}: Omit<OpenedProps, "asked"> & { id: string; copied: boolean }) {
  const t = useTranslations("agents");
  const query = useAgent(id);
  if (query.data && copied) return <Room agent={null} first={copyOf(query.data)} onMade={onMade} />;
  if (query.data) return <Room agent={query.data} first={draftOf(query.data)} onMade={onMade} />;
  return (
    <Page title={t("title")}>
      <Loaded query={query}>{() => null}</Loaded>
    </Page>
  );
}
