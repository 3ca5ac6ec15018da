"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Undo2, X } from "lucide-react";
import { useTranslations } from "next-intl";
import { Button, IconButton } from "@/components/button";
import { complain, say } from "@/components/toasts";
import { restore, WORKFLOWS, type Workflow } from "./actions";

/** What was deleted last, and the way back. */
export function Undo({ workflow, onDone }: { workflow: Workflow | null; onDone: () => void }) {
  return (
    <div role="status">
      {workflow && <Bar key={workflow.id} workflow={workflow} onDone={onDone} />}
    </div>
  );
}

function Bar({ workflow, onDone }: { workflow: Workflow; onDone: () => void }) {
  const t = useTranslations("workflows");
  const common = useTranslations("common");
  const queries = useQueryClient();
  const undoing = useMutation({
    mutationFn: () => restore(workflow),
    onSuccess: async () => {
      say(t("restored", { name: workflow.name }));
      onDone();
      await queries.invalidateQueries({ queryKey: WORKFLOWS });
    },
    onError: complain,
  });
  return (
    <div className="mb-4 flex items-center gap-3 rounded-lg border border-line bg-sunken px-4 py-2">
      <p className="min-w-0 flex-1 truncate">{t("deleted", { name: workflow.name })}</p>
      <Button busy={undoing.isPending} onClick={() => undoing.mutate()}>
        <Undo2 size={15} aria-hidden />
        {t("undo")}
      </Button>
      <IconButton label={common("close")} onClick={onDone}>
        <X size={16} />
      </IconButton>
    </div>
  );
}
