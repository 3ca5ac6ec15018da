import type { Schemas } from "@/lib/api/client";

export type Run = Schemas["ExecutionOut"];
type Status = Schemas["ExecutionStatus"];
type Trigger = Schemas["TriggerType"];

// `skipped` is of nodes only.
export const STATUSES = [
  "pending",
  "running",
  "waiting",
  "paused",
  "completed",
  "failed",
  "cancelled",
] as const satisfies Status[];
export const TRIGGERS = [
  "manual",
  "schedule",
  "webhook",
  "event",
  "workflow",
  "chat",
  "draft",
] as const satisfies Trigger[];

const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;

/** Which runs are listed, as the address says it. */
export interface Filters {
  status: Status[];
  text: string;
  workflow: string;
  trigger: Trigger | "";
}

export const NO_FILTERS: Filters = { status: [], text: "", workflow: "", trigger: "" };

/** What an address asks for; what it cannot mean is left out. */
export function readFilters(query: URLSearchParams): Filters {
  const asked = query.getAll("status");
  const workflow = query.get("workflow") ?? "";
  return {
    status: STATUSES.filter((status) => asked.includes(status)),
    text: (query.get("text") ?? "").slice(0, 200),
    workflow: UUID.test(workflow) ? workflow : "",
    trigger: TRIGGERS.find((trigger) => trigger === query.get("trigger")) ?? "",
  };
}

export function writeFilters({ status, text, workflow, trigger }: Filters): string {
  const query = new URLSearchParams(status.map((each) => ["status", each]));
  if (text) query.set("text", text);
  if (workflow) query.set("workflow", workflow);
  if (trigger) query.set("trigger", trigger);
  const written = query.toString();
  return written && `?${written}`;
}

export function apiQuery({ status, text, workflow, trigger }: Filters) {
  return {
    ...(status.length > 0 && { status }),
    ...(text && { text }),
    ...(workflow && { workflow_id: workflow }),
    ...(trigger && { trigger }),
  };
}
