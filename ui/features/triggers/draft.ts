import type { Json } from "@/features/graph";
import { Problem } from "@/lib/api/problem";
import type { Trigger } from "./api";
import type { Config, Content, EventConfig, Kind, ScheduleConfig, WebhookConfig } from "./types";
import { instantOf, isZone, ownZone, wallTime } from "./zone";

/** A schedule as it is written: all three ways of naming times are kept, and times are by the clock. */
export interface ScheduleDraft {
  type: ScheduleConfig["schedule_type"];
  cron: string;
  everySeconds: number | null;
  offsetSeconds: number | null;
  at: string;
  zone: string;
  startAt: string;
  endAt: string;
  jitterSeconds: number | null;
  overlap: ScheduleConfig["overlap"];
  catchUpSeconds: number | null;
}

export interface WebhookDraft {
  verification: WebhookConfig["verification"];
  secret: string;
  calls: number | null;
  callsSeconds: number | null;
  maxBodyBytes: number | null;
  waitSeconds: number | null;
}

export interface EventDraft {
  event: string;
  key: string;
}

/** What of a run is said by every trigger. */
export interface StartedDraft {
  node: string | null;
  input: Json | undefined;
  onlyIf: string;
  tags: string;
}

/** A trigger as its editor holds it: what was written for another kind is not lost. */
export interface Draft {
  workflowId: string;
  name: string;
  kind: Kind;
  started: StartedDraft;
  schedule: ScheduleDraft;
  webhook: WebhookDraft;
  event: EventDraft;
}

export function newDraft(kind: Kind, workflowId: string): Draft {
  return {
    workflowId,
    name: "",
    kind,
    started: { node: null, input: undefined, onlyIf: "", tags: "" },
    schedule: {
      type: "cron",
      cron: "0 9 * * 1,2,3,4,5",
      everySeconds: 3_600,
      offsetSeconds: 0,
      at: "",
      zone: ownZone(),
      startAt: "",
      endAt: "",
      jitterSeconds: 0,
      overlap: "skip",
      catchUpSeconds: 3_600,
    },
    webhook: {
      verification: "hmac",
      secret: "",
      calls: 60,
      callsSeconds: 60,
      maxBodyBytes: 256 * 1_024,
      waitSeconds: 0,
    },
    event: { event: "", key: "" },
  };
}

export function draftOf({ workflow_id, name, config }: Trigger): Draft {
  const base = newDraft(config.type, workflow_id);
  const started: StartedDraft = {
    node: config.node ?? null,
    input: (config.input ?? undefined) as Json | undefined,
    onlyIf: config.only_if ?? "",
    tags: (config.tags ?? []).join(", "),
  };
  return { ...base, name, started, ...partOf(config, base) };
}

function partOf(config: Config, { schedule }: Draft): Partial<Draft> {
  switch (config.type) {
    case "schedule":
      return { schedule: scheduleOf(config, schedule) };
    case "webhook":
      return {
        webhook: {
          verification: config.verification,
          secret: config.secret ?? "",
          calls: config.rate_limit?.calls ?? null,
          callsSeconds: config.rate_limit?.seconds ?? null,
          maxBodyBytes: config.max_body_bytes,
          waitSeconds: config.wait_seconds,
        },
      };
    case "event":
      return { event: { event: config.event, key: config.key ?? "" } };
  }
}

function scheduleOf(config: ScheduleConfig, usual: ScheduleDraft): ScheduleDraft {
  const zone = config.time_zone;
  return {
    type: config.schedule_type,
    cron: config.cron ?? usual.cron,
    everySeconds: config.every_seconds ?? usual.everySeconds,
    offsetSeconds: config.offset_seconds,
    at: wallTime(config.at, zone),
    zone,
    startAt: wallTime(config.start_at, zone),
    endAt: wallTime(config.end_at, zone),
    jitterSeconds: config.jitter_seconds,
    overlap: config.overlap,
    catchUpSeconds: config.catch_up_seconds,
  };
}

export function contentOf(draft: Draft): Content {
  return {
    workflow_id: draft.workflowId,
    name: draft.name.trim(),
    config: CONFIGS[draft.kind](draft),
  };
}

const CONFIGS: Record<Kind, (draft: Draft) => Config> = {
  schedule: scheduleConfig,
  webhook: ({ started, webhook }): WebhookConfig => ({
    ...startedPart(started),
    type: "webhook",
    verification: webhook.verification,
    secret: webhook.verification === "none" ? null : webhook.secret,
    rate_limit: { calls: webhook.calls ?? 60, seconds: webhook.callsSeconds ?? 60 },
    max_body_bytes: webhook.maxBodyBytes ?? 256 * 1_024,
    wait_seconds: webhook.waitSeconds ?? 0,
  }),
  event: ({ started, event }): EventConfig => ({
    ...startedPart(started),
    type: "event",
    event: event.event.trim(),
    key: event.key.trim() || null,
  }),
};

export function scheduleConfig({ started, schedule }: Draft): ScheduleConfig {
  const { type, zone } = schedule;
  return {
    ...startedPart(started),
    type: "schedule",
    schedule_type: type,
    cron: type === "cron" ? schedule.cron.trim() : null,
    every_seconds: type === "interval" ? schedule.everySeconds : null,
    offset_seconds: type === "interval" ? (schedule.offsetSeconds ?? 0) : 0,
    at: type === "date" ? instantOf(schedule.at, zone) : null,
    time_zone: zone,
    start_at: type === "date" ? null : instantOf(schedule.startAt, zone),
    end_at: type === "date" ? null : instantOf(schedule.endAt, zone),
    jitter_seconds: schedule.jitterSeconds ?? 0,
    overlap: schedule.overlap,
    catch_up_seconds: schedule.catchUpSeconds ?? 3_600,
  };
}

function startedPart({ node, input, onlyIf, tags }: StartedDraft) {
  return {
    node,
    input: (input ?? null) as never,
    only_if: onlyIf.trim() || null,
    tags: tags
      .split(",")
      .map((tag) => tag.trim())
      .filter((tag) => tag !== ""),
  };
}

/** Whether it says as much as can be saved. */
export function isWhole(draft: Draft): boolean {
  if (!draft.workflowId || !draft.name.trim()) return false;
  if (draft.kind === "webhook")
    return draft.webhook.verification === "none" || draft.webhook.secret !== "";
  if (draft.kind === "event") return draft.event.event.trim() !== "";
  return namesTimes(draft.schedule);
}

/** Whether a schedule says enough for the server to tell its times. */
export function namesTimes({ type, cron, everySeconds, at, zone }: ScheduleDraft): boolean {
  if (!isZone(zone)) return false;
  if (type === "cron") return cron.trim() !== "";
  return type === "interval" ? everySeconds !== null : instantOf(at, zone) !== null;
}

const FIELDS: Record<Kind, readonly string[]> = {
  schedule: [
    "cron",
    "every_seconds",
    "offset_seconds",
    "at",
    "time_zone",
    "start_at",
    "end_at",
    "jitter_seconds",
    "overlap",
    "catch_up_seconds",
  ],
  webhook: [
    "verification",
    "secret",
    "rate_limit.calls",
    "rate_limit.seconds",
    "max_body_bytes",
    "wait_seconds",
  ],
  event: ["event", "key"],
};
const EVERYWHERE = ["name", "workflow_id", "input", "only_if", "tags"];

export interface Told {
  /** What is wrong with a field, by its name in the API. */
  fields: Record<string, string>;
  /** The refusal without what stands at its fields; null when all of it does. */
  rest: unknown;
}

/** A refusal, taken apart to where each part of it is shown. */
export function told(error: unknown, kind: Kind): Told {
  if (!(error instanceof Problem)) return { fields: {}, rest: error };
  const fields: Record<string, string> = {};
  const others = error.items.filter(({ path, message }) => {
    const field = fieldAt(path, kind);
    if (field) fields[field] ??= message;
    return !field;
  });
  if (Object.keys(fields).length === 0) return { fields, rest: error };
  const rest = others.length > 0 && new Problem(error.status, { ...error.extra, errors: others });
  return { fields, rest: rest || null };
}

/** The field that a path means: `body.config.schedule.cron` and `config.cron` alike. */
function fieldAt(path: string, kind: Kind): string | null {
  const inside = path
    .replace(/^body\./, "")
    .replace(/^config\./, "")
    .replace(new RegExp(`^${kind}\\.`), "");
  const known = [...EVERYWHERE, ...FIELDS[kind]];
  return (
    known.find(
      (field) =>
        inside === field || (/^[.[]/.test(inside.slice(field.length)) && inside.startsWith(field)),
    ) ?? null
  );
}
