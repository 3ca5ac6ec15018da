import { useTranslations } from "next-intl";
import { RoomTabs } from "@/components/room-tabs";

/** Ways between the rooms of settings. */
export function SettingsTabs() {
  const t = useTranslations("settings");
  const notifications = useTranslations("notifications");
  return (
    <RoomTabs
      label={t("rooms")}
      tabs={[
        { href: "/settings", name: t("title") },
        { href: "/settings/notifications", name: notifications("title") },
      ]}
    />
  );
}
