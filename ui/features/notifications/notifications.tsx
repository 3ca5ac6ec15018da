"use client";

import { Plus } from "lucide-react";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { Button } from "@/components/button";
import { Delete } from "@/components/delete";
import { LoadMore } from "@/components/load-more";
import { Empty, Loaded } from "@/components/states";
import { useMayWrite } from "@/features/auth";
import { SettingsTabs } from "@/features/settings";
import { Page } from "@/features/shell";
import { deleteNotification, NOTIFICATIONS, type Notification, useNotifications } from "./api";
import { Editor } from "./editor";
import { History } from "./history";
import { NotificationList } from "./list";

export type Asked =
  | { what: "create" }
  | { what: "edit" | "delete" | "history"; notification: Notification };

/** The room of who is told what about runs. */
export function Notifications() {
  const t = useTranslations("notifications");
  const mayWrite = useMayWrite();
  const [asked, setAsked] = useState<Asked | null>(null);
  const query = useNotifications();
  const make = mayWrite && (
    <Button look="primary" onClick={() => setAsked({ what: "create" })}>
      <Plus size={16} aria-hidden />
      {t("new")}
    </Button>
  );
  return (
    <Page title={t("title")} lead={t("lead")} actions={make}>
      <SettingsTabs />
      <Loaded query={query}>
        {(notifications) =>
          notifications.length > 0 ? (
            <NotificationList notifications={notifications} onAsk={setAsked} />
          ) : (
            <Empty title={t("empty")}>
              <p className="mx-auto max-w-prose">{t("emptyText")}</p>
            </Empty>
          )
        }
      </Loaded>
      <LoadMore query={query} />
      <Asking asked={asked} onClose={() => setAsked(null)} />
    </Page>
  );
}

function Asking({ asked, onClose }: { asked: Asked | null; onClose: () => void }) {
  switch (asked?.what) {
    case "create":
      return <Editor stored={null} onClose={onClose} />;
    case "edit":
      return <Editor stored={asked.notification} onClose={onClose} />;
    case "history":
      return <History notification={asked.notification} onClose={onClose} />;
    case "delete":
      return (
        <Delete
          words="notifications"
          name={asked.notification.name}
          queryKey={NOTIFICATIONS}
          remove={() => deleteNotification(asked.notification)}
          onClose={onClose}
        />
      );
    default:
      return null;
  }
}
