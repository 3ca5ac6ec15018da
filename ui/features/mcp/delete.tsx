"use client";

import { useQueryClient } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { Confirm } from "@/components/dialog";
import { say } from "@/components/toasts";
import { deleteServer, SERVERS, type Server } from "./api";

interface DeleteProps {
  server: Server;
  onClose: () => void;
  onRefused: (error: unknown) => void;
  onDone?: () => void;
}

export function Delete({ server, onClose, onRefused, onDone }: DeleteProps) {
  const t = useTranslations("mcp");
  const common = useTranslations("common");
  const queries = useQueryClient();
  async function discard(): Promise<void> {
    try {
      await deleteServer(server);
    } catch (error) {
      onRefused(error);
      return;
    }
    say(t("deleted", { name: server.name }));
    onDone?.();
    await queries.invalidateQueries({ queryKey: SERVERS });
  }
  return (
    <Confirm
      open
      onOpenChange={onClose}
      title={t("deleteTitle", { name: server.name })}
      action={common("delete")}
      danger
      onConfirm={discard}
    >
      {t("deleteText")}
    </Confirm>
  );
}
