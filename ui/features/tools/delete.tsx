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
  onDone?: () => void;
}

export function Delete({ tool, onClose, onRefused, onDone }: DeleteProps) {
  const t = useTranslations("tools");
  const common = useTranslations("common");
  const queries = useQueryClient();
  async function discard(): Promise<void> {
    try {
      await deleteTool(tool);
    } catch (error) {
      onRefused(error);
      return;
    }
    say(t("deleted", { name: tool.name }));
    onDone?.();
    await queries.invalidateQueries({ queryKey: [...TOOLS, "list"] });
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
