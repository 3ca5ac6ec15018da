import { useMutation, useQueryClient } from "@tanstack/react-query";
import { History, Pencil, Send, Trash2 } from "lucide-react";
import { useTranslations } from "next-intl";
import { IconButton } from "@/components/button";
import { Table } from "@/components/table";
import { complain, say } from "@/components/toasts";
import { useMayWrite } from "@/features/auth";
import { NOTIFICATIONS, type Notification, testNotification } from "./api";
import type { Asked } from "./notifications";

interface ListProps {
  notifications: Notification[];
  onAsk: (asked: Asked) => void;
}

export function NotificationList({ notifications, onAsk }: ListProps) {
  const t = useTranslations("notifications");
  const head = [t("name"), t("channel"), t("runs"), t("occasions")];
  return (
    <Table label={t("title")} head={head} actions={t("actions")}>
      {notifications.map((notification) => (
        <Row key={notification.id} notification={notification} onAsk={onAsk} />
      ))}
    </Table>
  );
}

interface RowProps {
  notification: Notification;
  onAsk: ListProps["onAsk"];
}

function Row({ notification, onAsk }: RowProps) {
  const t = useTranslations("notifications");
  const { name, channel, workflow_name, workflow_id, occasions, is_active } = notification;
  return (
    <tr>
      <td className="font-medium">
        {name}
        {!is_active && <span className="ml-2 text-ink-soft text-xs">{t("inactive")}</span>}
      </td>
      <td>{t(`channels.${channel}`)}</td>
      <td>{workflow_name ?? workflow_id ?? t("allWorkflows")}</td>
      <td className="w-full min-w-40 text-ink-soft text-xs">
        {occasions.map((each) => t(`occasion.${each}`)).join(" · ")}
      </td>
      <td>
        <RowActions notification={notification} onAsk={onAsk} />
      </td>
    </tr>
  );
}

function RowActions({ notification, onAsk }: RowProps) {
  const t = useTranslations("notifications");
  const queries = useQueryClient();
  const mayWrite = useMayWrite();
  const { name } = notification;
  const testing = useMutation({
    mutationFn: () => testNotification(notification),
    onSuccess: async () => {
      say(t("tested"));
      await queries.invalidateQueries({ queryKey: NOTIFICATIONS });
      onAsk({ what: "history", notification });
    },
    onError: complain,
  });
  const ask = (what: "edit" | "delete" | "history") => () => onAsk({ what, notification });
  return (
    <div className="flex justify-end">
      {mayWrite && (
        <IconButton
          label={t("test", { name })}
          disabled={testing.isPending}
          onClick={() => testing.mutate()}
        >
          <Send size={16} />
        </IconButton>
      )}
      <IconButton label={t("history", { name })} onClick={ask("history")}>
        <History size={16} />
      </IconButton>
      {mayWrite && (
        <>
          <IconButton label={t("edit", { name })} onClick={ask("edit")}>
            <Pencil size={16} />
          </IconButton>
          <IconButton label={t("deleteOf", { name })} onClick={ask("delete")}>
            <Trash2 size={16} />
          </IconButton>
        </>
      )}
    </div>
  );
}
