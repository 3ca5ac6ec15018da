import { Notifications } from "@/features/notifications";

export default function NotificationsPage() {
  return <Notifications />;
}
