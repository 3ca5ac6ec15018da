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
import type { JsonObject } from "@/features/graph";
import { Page } from "@/features/shell";
import { Problem } from "@/lib/api/problem";
import { useSession } from "@/lib/api/session";
import { About } from "./about";
import { saveTool, TOOLS, type Tool } from "./api";
import { Conflict } from "./conflict";
import { Delete } from "./delete";
import { contentOf, type Draft, draftOf, sameDraft } from "./draft";
import { Sections } from "./sections";
import { ToolTrial } from "./tool-trial";

interface RoomProps {
  /** Null for a new one. */
  tool: Tool | null;
  first: Draft;
  onMade: (tool: Tool) => void;
}

/** A tool's editor, and beside it the place to try it. */
export function Room({ tool, first, onMade }: RoomProps) {
  const t = useTranslations("tools");
  const room = useRoom(tool, first, onMade);
  const { draft, stored, mine } = room;
  const [inputs, setInputs] = useState<JsonObject>();
  const [badLine, setBadLine] = useState<number>();
  function change(part: Partial<Draft>): void {
    setBadLine(undefined);
    room.change(part);
  }
  return (
    <Page
      title={stored?.name ?? t("newOf", { kind: t(`kinds.${draft.kind}`) })}
      actions={<Actions room={room} />}
    >
      <LeaveGuard when={room.dirty && mine} />
      {!mine && <p className="mb-4 rounded-md bg-sunken px-3 py-2">{t("others")}</p>}
      {room.error !== null && <UsedBy error={room.error} />}
      <div className="grid items-start gap-6 lg:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]">
        <div className="min-w-0 rounded-lg border border-line bg-surface p-4">
          <About draft={draft} onChange={change} />
          <ToolScope inputs={inputs}>
            <Sections draft={draft} onChange={change} badLine={badLine} />
          </ToolScope>
        </div>
        <ToolTrial draft={draft} stored={stored} onInputs={setInputs} onBadLine={setBadLine} />
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

function useRoom(tool: Tool | null, first: Draft, onMade: (tool: Tool) => void) {
  const t = useTranslations("tools");
  const queries = useQueryClient();
  const me = useSession((state) => state.user?.id);
  const [stored, setStored] = useState(tool);
  const [start, setStart] = useState(first);
  const [draft, setDraft] = useState(first);
  const [error, setError] = useState<unknown>(null);
  const [conflict, setConflict] = useState(false);
  const dirty = !sameDraft(draft, start);
  const mine = !stored || stored.owner_id === me;
  function adopt(next: Tool): void {
    setStored(next);
    setStart(draftOf(next));
    setError(null);
    setConflict(false);
  }
  // What another tab saved comes by itself while nothing is unsaved here.
  if (tool && stored && tool.id === stored.id && tool.version > stored.version && !dirty) {
    adopt(tool);
    setDraft(draftOf(tool));
  }
  const saving = useMutation({
    mutationFn: ({ over, written }: { over: Tool | null; written: Draft }) =>
      saveTool(over, contentOf(written)),
    onSuccess: async (saved, { written }) => {
      const isNew = !stored;
      adopt(saved);
      setDraft((now) => (now === written ? draftOf(saved) : now));
      say(t("saved", { name: saved.name }));
      queries.setQueryData([...TOOLS, "one", saved.id], saved);
      if (isNew) onMade(saved);
      await queries.invalidateQueries({ queryKey: TOOLS });
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
    takeTheirs: (theirs: Tool) => {
      adopt(theirs);
      setDraft(draftOf(theirs));
    },
    keepMine: (theirs: Tool) => {
      setConflict(false);
      saving.mutate({ over: theirs, written: draft });
    },
    closeConflict: () => setConflict(false),
  };
}

function Actions({ room }: { room: RoomState }) {
  const t = useTranslations("tools");
  const common = useTranslations("common");
  const router = useRouter();
  const mayWrite = useMayWrite();
  const [deleting, setDeleting] = useState(false);
  const { stored, draft, mine, dirty, busy } = room;
  const ready = mayWrite && mine && (dirty || !stored) && !busy && draft.name.trim() !== "";
  useSaveKeys(ready ? room.save : null);
  return (
    <>
      {dirty && mine && (
        <span data-unsaved className="self-center text-ink-soft text-xs">
          {t("unsaved")}
        </span>
      )}
      <ButtonLink href="/tools">{t("all")}</ButtonLink>
      {stored && mayWrite && (
        <ButtonLink href={`/tools/edit?copy=${encodeURIComponent(stored.id)}`}>
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
          tool={stored}
          onClose={() => setDeleting(false)}
          onRefused={room.refuse}
          onDone={() => router.push("/tools")}
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
