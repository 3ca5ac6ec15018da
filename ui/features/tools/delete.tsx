"use client";

import { useQueryClient } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { Confirm } from "@/components/dialog";
import { say } from "@/components/toasts";
import { deleteTool, TOOLS, type Tool } from "./api";

interface DeleteProps {
  tool: Tool;
  onClose: () => void;
  onRefused: (error: unknown) => void;
}

export function Delete({ tool, onClose, onRefused }: DeleteProps) {
  const t = useTranslations("tools");
  const common = useTranslations("common");
  const queries = useQueryClient();
  async function discard(): Promise<void> {
    try {
      await deleteTool(tool);
      say(t("deleted", { name: tool.name }));
      await queries.invalidateQueries({ queryKey: TOOLS });
    } catch (error) {
      onRefused(error);
    }
  }
  return (
    <Confirm
      open
      onOpenChange={onClose}
      title={t("deleteTitle", { name: tool.name })}
      action={common("delete")}
      danger
      onConfirm={discard}
    >
      {t("deleteText")}
    </Confirm>
  );
}
