import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { api, need, type Schemas } from "@/lib/api/client";
import { pages } from "@/lib/api/pages";

export type Notification = Schemas["NotificationOut"];
export type Notice = Schemas["NoticeOut"];
export type Channel = Schemas["NotificationChannel"];
export type Occasion = Schemas["Occasion"];

export const CHANNELS = ["webhook", "slack", "discord", "email"] as const satisfies Channel[];
export const OCCASIONS = [
  "completed",
  "failed",
  "cancelled",
  "approval",
  "reminder",
] as const satisfies Occasion[];
export const NOTIFICATIONS = ["notifications"] as const;
const ON_ITS_WAY_MS = 1_500;

export function useNotifications() {
  return useInfiniteQuery({
    queryKey: [...NOTIFICATIONS, "list"],
    ...pages((place) =>
      need(api.GET("/api/v1/notifications", { params: { query: { limit: 50, ...place } } })),
    ),
  });
}

/** What was told by a notification; read again while something is on its way. */
export function useNotices(id: string) {
  return useInfiniteQuery({
    queryKey: [...NOTIFICATIONS, "notices", id],
    ...pages((place) =>
      need(
        api.GET("/api/v1/notifications/{notification_id}/notices", {
          params: { path: { notification_id: id }, query: { limit: 20, ...place } },
        }),
      ),
    ),
    refetchInterval: ({ state }) => {
      const open = state.data?.pages.some(({ items }) =>
        items.some(({ status }) => status === "pending"),
      );
      return open ? ON_ITS_WAY_MS : false;
    },
  });
}

/** The account's workflows by name, to choose one from. */
export function useWorkflowChoices() {
  const { data } = useQuery({
    queryKey: ["workflows", "names"],
    queryFn: () =>
      need(api.GET("/api/v1/workflows", { params: { query: { sort: "name", limit: 100 } } })),
    select: ({ items }) => items,
  });
  return data ?? [];
}

export function createNotification(body: Schemas["NewNotification"]): Promise<Notification> {
  return need(api.POST("/api/v1/notifications", { body }));
}

export function changeNotification(
  { id, version }: Notification,
  change: Omit<Schemas["NotificationChange"], "version">,
): Promise<Notification> {
  return need(
    api.PATCH("/api/v1/notifications/{notification_id}", {
      params: { path: { notification_id: id } },
      body: { ...change, version },
    }),
  );
}

export function deleteNotification({ id }: Notification): Promise<unknown> {
  return need(
    api.DELETE("/api/v1/notifications/{notification_id}", {
      params: { path: { notification_id: id } },
    }),
  );
}

export function testNotification({ id }: Notification): Promise<Notice> {
  return need(
    api.POST("/api/v1/notifications/{notification_id}/test", {
      params: { path: { notification_id: id } },
    }),
  );
}
