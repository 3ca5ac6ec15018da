import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { say } from "@/components/toasts";
import { Problem } from "@/lib/api/problem";
import { sameJson } from "@/lib/same-json";
import { type Draft, type Registry, type Stored, useMine } from "./registry";

export interface RoomProps<S extends Stored, D extends Draft> {
  /** Null for a new one. */
  stored: S | null;
  first: D;
  onMade: (stored: S) => void;
}

export type RoomState<S extends Stored, D extends Draft> = ReturnType<typeof useRoom<S, D>>;

/** What is written in an editor, beside what is stored, and how the one becomes the other. */
export function useRoom<S extends Stored, D extends Draft>(
  registry: Registry<S, D>,
  { stored: given, first, onMade }: RoomProps<S, D>,
) {
  const { name, draftOf, contentOf, save } = registry;
  const t = useTranslations(name);
  const queries = useQueryClient();
  const [stored, setStored] = useState(given);
  const [start, setStart] = useState(first);
  const [draft, setDraft] = useState(first);
  const [error, setError] = useState<unknown>(null);
  const [conflict, setConflict] = useState(false);
  const dirty = !sameJson(contentOf(draft), contentOf(start));
  const mine = useMine(stored);
  function adopt(next: S): void {
    setStored(next);
    setStart(draftOf(next));
    setError(null);
    setConflict(false);
  }
  function take(theirs: S): void {
    adopt(theirs);
    setDraft(draftOf(theirs));
  }
  // What another tab saved comes by itself while nothing is unsaved here.
  if (given && stored && given.id === stored.id && given.version > stored.version && !dirty)
    take(given);
  const saving = useMutation({
    mutationFn: ({ over, written }: { over: S | null; written: D }) => save(over, written),
    onSuccess: async (saved, { written }) => {
      const isNew = !stored;
      adopt(saved);
      setDraft((now) => (now === written ? draftOf(saved) : now));
      say(t("saved", { name: saved.name }));
      queries.setQueryData([name, "one", saved.id], saved);
      if (isNew) onMade(saved);
      await queries.invalidateQueries({ queryKey: [name] });
    },
    onError: (problem) => {
      const outdated = problem instanceof Problem && problem.code === "VERSION_MISMATCH";
      setConflict(outdated);
      setError(outdated ? null : problem);
    },
  });
  return {
    registry,
    draft,
    stored,
    mine,
    dirty,
    error,
    conflict,
    busy: saving.isPending,
    change: (part: Partial<D>) => setDraft((now) => ({ ...now, ...part })),
    save: () => saving.mutate({ over: stored, written: draft }),
    refuse: setError,
    takeTheirs: take,
    keepMine: (theirs: S) => {
      setConflict(false);
      saving.mutate({ over: theirs, written: draft });
    },
    closeConflict: () => setConflict(false),
  };
}
