"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { rename, WORKFLOWS, type Workflow } from "./actions";
import { NameDialog } from "./name-dialog";

export function Rename({ workflow, onClose }: { workflow: Workflow; onClose: () => void }) {
  const t = useTranslations("common");
  const queries = useQueryClient();
  const renaming = useMutation({
    mutationFn: (name: string) => rename(workflow, name),
    onSuccess: async () => {
      onClose();
      await queries.invalidateQueries({ queryKey: WORKFLOWS });
    },
  });
  return (
    <NameDialog
      title={t("rename")}
      action={t("save")}
      initial={workflow.name}
      busy={renaming.isPending}
      error={renaming.error}
      onName={renaming.mutate}
      onClose={onClose}
    />
  );
}
