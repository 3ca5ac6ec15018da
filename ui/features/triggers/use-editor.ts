import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { complain, say } from "@/components/toasts";
import { Problem } from "@/lib/api/problem";
import { sameJson } from "@/lib/same-json";
import { useSettled } from "@/lib/use-settled";
import { fetchTrigger, saveTrigger, TRIGGERS, type Trigger, usePreview } from "./api";
import { contentOf, type Draft, draftOf, isWhole, namesTimes, scheduleConfig, told } from "./draft";
import { viewPath } from "./paths";

export type Editor = ReturnType<typeof useEditor>;

/** What is written of a trigger beside what is stored, and how the one becomes the other. */
export function useEditor(given: Trigger | null, first: Draft) {
  const t = useTranslations("triggers");
  const router = useRouter();
  const queries = useQueryClient();
  const [stored, setStored] = useState(given);
  const [start, setStart] = useState(first);
  const [draft, setDraft] = useState(first);
  const saving = useMutation({
    mutationFn: () => saveTrigger(stored, contentOf(draft)),
    onSuccess: async (saved) => {
      setStart(draft);
      say(t("saved", { name: saved.name }));
      queries.setQueryData([...TRIGGERS, "one", saved.id], saved);
      await queries.invalidateQueries({ queryKey: [...TRIGGERS, "list"] });
      router.push(viewPath(saved.id));
    },
  });
  const { preview, known } = usePreviewOf(draft);
  const conflict = saving.error instanceof Problem && saving.error.code === "VERSION_MISMATCH";
  function takeTheirs({ id }: Trigger): void {
    fetchTrigger(id).then((theirs) => {
      setStored(theirs);
      setStart(draftOf(theirs));
      setDraft(draftOf(theirs));
      saving.reset();
    }, complain);
  }
  function change(part: Partial<Draft>): void {
    setDraft((now) => ({ ...now, ...part }));
    // What was refused is being corrected; a conflict is not solved by writing on.
    if (saving.isError && !conflict) saving.reset();
  }
  const refused = told(saving.error, draft.kind);
  const foreseen = told(preview.error, draft.kind);
  return {
    stored,
    draft,
    dirty: !sameJson(draft, start),
    ready: isWhole(draft) && !saving.isPending,
    busy: saving.isPending,
    errors: { ...foreseen.fields, ...refused.fields },
    error: refused.rest,
    next: {
      preview: preview.error ? undefined : preview.data,
      error: foreseen.rest,
      // At a field stands why they are not known.
      known: known && Object.keys(foreseen.fields).length === 0,
    },
    change,
    save: () => saving.mutate(),
    takeTheirs: conflict && stored ? () => takeTheirs(stored) : null,
  };
}

function usePreviewOf(draft: Draft) {
  const settled = useSettled(draft);
  const known = settled.kind === "schedule" && namesTimes(settled.schedule);
  // What the runs are given says nothing about when they start.
  const config = scheduleConfig({
    ...settled,
    started: { node: null, input: undefined, onlyIf: "", tags: "" },
  });
  return { preview: usePreview(config, known), known };
}
