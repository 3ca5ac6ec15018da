import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { isLive } from "@/components/status";
import type { Json } from "@/features/graph";
import { api, need, type Schemas } from "@/lib/api/client";
import { pages } from "@/lib/api/pages";
import type { Config, Content, Kind, ScheduleConfig } from "./types";

export type Trigger = Schemas["TriggerOut"];
export type Firing = Schemas["FiringOut"];
export type Delivery = Schemas["DeliveryOut"];

export const TRIGGERS = ["triggers"] as const;
const LIVE_EVERY_MS = 2_000;
const QUIET_EVERY_MS = 15_000;
const MOST_CHOICES = 100;

export interface Filter {
  text: string;
  kind: Kind | "";
  workflow: string;
}

export function useTriggers({ text, kind, workflow }: Filter) {
  const asked = {
    ...(text && { text }),
    ...(kind && { trigger_type: kind }),
    ...(workflow && { workflow_id: workflow }),
  };
  return useInfiniteQuery({
    queryKey: [...TRIGGERS, "list", asked],
    ...pages((place) =>
      need(api.GET("/api/v1/triggers", { params: { query: { ...asked, ...place } } })),
    ),
    placeholderData: keepPreviousData,
    refetchInterval: QUIET_EVERY_MS,
  });
}

export function fetchTrigger(id: string): Promise<Trigger> {
  return need(api.GET("/api/v1/triggers/{trigger_id}", place(id)));
}

export function useTrigger(id: string) {
  return useQuery({
    queryKey: [...TRIGGERS, "one", id],
    enabled: id !== "",
    queryFn: () => fetchTrigger(id),
    refetchInterval: QUIET_EVERY_MS,
  });
}

function place(id: string) {
  return { params: { path: { trigger_id: id } } };
}

/** Makes a trigger, or changes the one that is given, which must still be at its version. */
export function saveTrigger(over: Trigger | null, content: Content): Promise<Trigger> {
  if (!over) return need(api.POST("/api/v1/triggers", { body: { ...content, is_active: true } }));
  const { name, config } = content;
  return need(
    api.PATCH("/api/v1/triggers/{trigger_id}", {
      ...place(over.id),
      body: { version: over.version, name, config },
    }),
  );
}

export function deleteTrigger({ id }: Pick<Trigger, "id">): Promise<unknown> {
  return need(api.DELETE("/api/v1/triggers/{trigger_id}", place(id)));
}

export function pauseTrigger(id: string, note: string | null): Promise<Trigger> {
  return need(api.POST("/api/v1/triggers/{trigger_id}/pause", { ...place(id), body: { note } }));
}

export function resumeTrigger(id: string): Promise<Trigger> {
  return need(
    api.POST("/api/v1/triggers/{trigger_id}/resume", { ...place(id), body: { note: null } }),
  );
}

export function fireTrigger(id: string, event: Json | undefined): Promise<Firing> {
  const body = event === undefined ? {} : { event: event as never };
  return need(api.POST("/api/v1/triggers/{trigger_id}/fire", { ...place(id), body }));
}

export interface Window {
  start_at: string;
  end_at: string;
  overlap: Schemas["Backfill"]["overlap"];
}

export function backfillTrigger(id: string, body: Window): Promise<{ times: string[] }> {
  return need(api.POST("/api/v1/triggers/{trigger_id}/backfill", { ...place(id), body }));
}

/** When a schedule would fire next, whether it is kept or only written. */
export function usePreview(config: ScheduleConfig, enabled: boolean) {
  return useQuery({
    queryKey: [...TRIGGERS, "preview", config],
    enabled,
    queryFn: () =>
      need(api.POST("/api/v1/triggers/preview", { body: { config, count: PREVIEWED } })),
    placeholderData: keepPreviousData,
  });
}

const PREVIEWED = 10;

export function useHistory(id: string, status: Firing["status"] | "") {
  return useInfiniteQuery({
    queryKey: [...TRIGGERS, "history", id, status],
    ...pages((page) =>
      need(
        api.GET("/api/v1/triggers/{trigger_id}/history", {
          params: { path: { trigger_id: id }, query: { ...(status && { status }), ...page } },
        }),
      ),
    ),
    refetchInterval: ({ state }) =>
      state.data?.pages.some(({ items }) => items.some(moves)) ? LIVE_EVERY_MS : QUIET_EVERY_MS,
  });
}

function moves({ status, execution_status }: Firing): boolean {
  return (
    status === "pending" ||
    status === "waiting" ||
    (execution_status !== null && isLive(execution_status))
  );
}

export function useDeliveries(id: string, status: Delivery["status"] | "") {
  return useInfiniteQuery({
    queryKey: [...TRIGGERS, "deliveries", id, status],
    ...pages((page) =>
      need(
        api.GET("/api/v1/triggers/{trigger_id}/deliveries", {
          params: { path: { trigger_id: id }, query: { ...(status && { status }), ...page } },
        }),
      ),
    ),
    refetchInterval: ({ state }) => {
      const live = state.data?.pages.some(({ items }) =>
        items.some(({ execution_status }) => execution_status && isLive(execution_status)),
      );
      return live ? LIVE_EVERY_MS : QUIET_EVERY_MS;
    },
  });
}

export function testTrigger(id: string, body: { body: string; content_type: string }) {
  return need(api.POST("/api/v1/triggers/{trigger_id}/test", { ...place(id), body }));
}

export interface Happened {
  name: string;
  key: string | null;
  payload: Json | undefined;
}

export function publishEvent({ name, key, payload }: Happened) {
  return need(
    api.POST("/api/v1/events", { body: { name, key, payload: (payload ?? null) as never } }),
  );
}

/** Workflows to choose from, by name. */
export function useWorkflowChoices() {
  const { data } = useQuery({
    queryKey: ["workflows", "names"],
    queryFn: () =>
      need(
        api.GET("/api/v1/workflows", { params: { query: { sort: "name", limit: MOST_CHOICES } } }),
      ),
    select: ({ items }) => items,
  });
  return data ?? [];
}

export function configIs<K extends Kind>(
  config: Config,
  kind: K,
): config is Extract<Config, { type: K }> {
  return config.type === kind;
}
