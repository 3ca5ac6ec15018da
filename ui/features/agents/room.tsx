"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Copy, Save, Trash2 } from "lucide-react";
import { useRouter } from "next/navigation";
import { useTranslations } from "next-intl";
import { useEffect, useState } from "react";
import { Button, ButtonLink } from "@/components/button";
import { LeaveGuard } from "@/components/leave-guard";
import { say } from "@/components/toasts";
import { UsedBy } from "@/components/used-by";
import { useMayWrite } from "@/features/auth";
import { ToolScope } from "@/features/forms";
import { Page } from "@/features/shell";
import { Problem } from "@/lib/api/problem";
import { useSession } from "@/lib/api/session";
import { About } from "./about";
import { AGENTS, type Agent, saveAgent } from "./api";
import { ChatPanel } from "./chat/panel";
import { Conflict } from "./conflict";
import { Delete } from "./delete";
import { contentOf, type Draft, draftOf, sameDraft } from "./draft";
import { Sections } from "./sections";

// What the templates of a registered agent can read.
const INPUTS = { prompt: "" };

interface RoomProps {
  /** Null for a new one. */
  agent: Agent | null;
  first: Draft;
  onMade: (agent: Agent) => void;
}

/** An agent's editor, and beside it the place to talk to it. */
export function Room({ agent, first, onMade }: RoomProps) {
  const t = useTranslations("agents");
  const room = useRoom(agent, first, onMade);
  const { draft, stored, mine } = room;
  return (
    <Page title={stored?.name ?? t("newTitle")} actions={<Actions room={room} />}>
      <LeaveGuard when={room.dirty && mine} />
      {!mine && <p className="mb-4 rounded-md bg-sunken px-3 py-2">{t("others")}</p>}
      {room.error !== null && <UsedBy error={room.error} />}
      <div className="grid items-start gap-6 lg:grid-cols-[minmax(0,1fr)_minmax(0,1fr)]">
        <div className="min-w-0 rounded-lg border border-line bg-surface p-4">
          <About draft={draft} onChange={room.change} />
          <ToolScope inputs={INPUTS}>
            <Sections draft={draft} onChange={room.change} />
          </ToolScope>
        </div>
        <ChatPanel agent={stored} dirty={room.dirty} />
      </div>
      {room.conflict && stored && (
        <Conflict
          id={stored.id}
          mine={contentOf(draft)}
          onTheirs={room.takeTheirs}
          onMine={room.keepMine}
          onClose={room.closeConflict}
        />
      )}
    </Page>
  );
}

type RoomState = ReturnType<typeof useRoom>;

function useRoom(agent: Agent | null, first: Draft, onMade: (agent: Agent) => void) {
  const t = useTranslations("agents");
  const queries = useQueryClient();
  const me = useSession((state) => state.user?.id);
  const [stored, setStored] = useState(agent);
  const [start, setStart] = useState(first);
  const [draft, setDraft] = useState(first);
  const [error, setError] = useState<unknown>(null);
  const [conflict, setConflict] = useState(false);
  const dirty = !sameDraft(draft, start);
  const mine = !stored || stored.owner_id === me;
  function adopt(next: Agent): void {
    setStored(next);
    setStart(draftOf(next));
    setError(null);
    setConflict(false);
  }
  // What another tab saved comes by itself while nothing is unsaved here.
  if (agent && stored && agent.id === stored.id && agent.version > stored.version && !dirty) {
    adopt(agent);
    setDraft(draftOf(agent));
  }
  const saving = useMutation({
    mutationFn: ({ over, written }: { over: Agent | null; written: Draft }) =>
      saveAgent(over, contentOf(written)),
    onSuccess: async (saved, { written }) => {
      const isNew = !stored;
      adopt(saved);
      setDraft((now) => (now === written ? draftOf(saved) : now));
      say(t("saved", { name: saved.name }));
      queries.setQueryData([...AGENTS, "one", saved.id], saved);
      if (isNew) onMade(saved);
      await queries.invalidateQueries({ queryKey: AGENTS });
    },
    onError: (problem) => {
      const outdated = problem instanceof Problem && problem.code === "VERSION_MISMATCH";
      setConflict(outdated);
      setError(outdated ? null : problem);
    },
  });
  return {
    draft,
    stored,
    mine,
    dirty,
    error,
    conflict,
    busy: saving.isPending,
    change: (part: Partial<Draft>) => setDraft((now) => ({ ...now, ...part })),
    save: () => saving.mutate({ over: stored, written: draft }),
    refuse: setError,
    takeTheirs: (theirs: Agent) => {
      adopt(theirs);
      setDraft(draftOf(theirs));
    },
    keepMine: (theirs: Agent) => {
      setConflict(false);
      saving.mutate({ over: theirs, written: draft });
    },
    closeConflict: () => setConflict(false),
  };
}

function Actions({ room }: { room: RoomState }) {
  const t = useTranslations("agents");
  const common = useTranslations("common");
  const router = useRouter();
  const mayWrite = useMayWrite();
  const [deleting, setDeleting] = useState(false);
  const { stored, draft, mine, dirty, busy } = room;
  const whole = draft.name.trim() !== "" && draft.settings.model.trim() !== "";
  const ready = mayWrite && mine && (dirty || !stored) && !busy && whole;
  useSaveKeys(ready ? room.save : null);
  return (
    <>
      {dirty && mine && (
        <span data-unsaved className="self-center text-ink-soft text-xs">
          {t("unsaved")}
        </span>
      )}
      <ButtonLink href="/agents">{t("all")}</ButtonLink>
      {stored && mayWrite && (
        <ButtonLink href={`/agents/edit?copy=${encodeURIComponent(stored.id)}`}>
          <Copy size={15} aria-hidden />
          {t("duplicate")}
        </ButtonLink>
      )}
      {stored && mayWrite && mine && (
        <Button look="danger" onClick={() => setDeleting(true)}>
          <Trash2 size={15} aria-hidden />
          {common("delete")}
        </Button>
      )}
      {mayWrite && mine && (
        <Button
          look="primary"
          aria-keyshortcuts="Control+s"
          busy={busy}
          disabled={!ready}
          onClick={room.save}
        >
          {!busy && <Save size={15} aria-hidden />}
          {common("save")}
        </Button>
      )}
      {deleting && stored && (
        <Delete
          agent={stored}
          onClose={() => setDeleting(false)}
          onRefused={room.refuse}
          onDone={() => router.push("/agents")}
        />
      )}
    </>
  );
}

/** Ctrl+S saves, and never opens the browser's own dialog. */
function useSaveKeys(save: (() => void) | null): void {
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() !== "s" || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      if (!document.querySelector("[role=dialog]")) save?.();
    };
    window.addEventListener("keydown", press, true);
    return () => window.removeEventListener("keydown", press, true);
  }, [save]);
}
