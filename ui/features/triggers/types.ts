import type { Schemas } from "@/lib/api/client";

export type ScheduleConfig = Schemas["ScheduleConfig"];
export type WebhookConfig = Schemas["WebhookConfig"];
export type EventConfig = Schemas["EventConfig"];
export type Config = ScheduleConfig | WebhookConfig | EventConfig;

export const KINDS = ["schedule", "webhook", "event"] as const;
export type Kind = (typeof KINDS)[number];

export const SCHEDULE_TYPES = [
  "cron",
  "interval",
  "date",
] as const satisfies Schemas["ScheduleType"][];
export const OVERLAPS = [
  "skip",
  "buffer_one",
  "buffer_all",
  "cancel_other",
  "allow_all",
] as const satisfies Schemas["Overlap"][];
export const VERIFICATIONS = [
  "hmac",
  "github",
  "stripe",
  "slack",
  "none",
] as const satisfies Schemas["Verification"][];
export type Verification = Schemas["Verification"];

/** Everything about a trigger that its editor holds. */
export interface Content {
  workflow_id: string;
  name: string;
  config: Config;
}
