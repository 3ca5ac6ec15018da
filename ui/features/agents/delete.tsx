"use client";

import { useQueryClient } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { Confirm } from "@/components/dialog";
import { say } from "@/components/toasts";
import { AGENTS, type Agent, deleteAgent } from "./api";

interface DeleteProps {
  agent: Agent;
  onClose: () => void;
  onRefused: (error: unknown) => void;
  onDone?: () => void;
}

export function Delete({ agent, onClose, onRefused, onDone }: DeleteProps) {
  const t = useTranslations("agents");
  const common = useTranslations("common");
  const queries = useQueryClient();
  async function discard(): Promise<void> {
    try {
      await deleteAgent(agent);
    } catch (error) {
      onRefused(error);
      return;
    }
    say(t("deleted", { name: agent.name }));
    onDone?.();
    await queries.invalidateQueries({ queryKey: [...AGENTS, "list"] });
  }
  return (
    <Confirm
      open
      onOpenChange={onClose}
      title={t("deleteTitle", { name: agent.name })}
      action={common("delete")}
      danger
      onConfirm={discard}
    >
      {t("deleteText")}
    </Confirm>
  );
}
