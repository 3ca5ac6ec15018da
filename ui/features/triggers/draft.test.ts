import { describe, expect, it } from "vitest";
import { Problem } from "@/lib/api/problem";
import type { Trigger } from "./api";
import { contentOf, type Draft, draftOf, isWhole, namesTimes, newDraft, told } from "./draft";
import { type Config, KINDS } from "./types";

function trigger(config: Config): Trigger {
  return {
    id: "t",
    workflow_id: "w",
    workflow_name: "Work",
    name: "Mine",
    trigger_type: config.type,
    config,
    is_active: true,
    note: null,
    next_run_at: null,
    last_run_at: null,
    url: null,
    missed: 0,
    skipped_overlap: 0,
    version: 1,
    created_at: "2026-05-01T12:00:00Z",
    updated_at: "2026-05-01T12:00:00Z",
  };
}

const RUN = {
  node: "start",
  input: { to: "{{ event.body }}" },
  only_if: "{{ true }}",
  tags: ["a", "b"],
};
const SCHEDULE = {
  ...RUN,
  type: "schedule",
  offset_seconds: 0,
  time_zone: "Europe/Berlin",
  start_at: "2026-03-29T01:30:00.000Z",
  end_at: null,
  jitter_seconds: 5,
  overlap: "buffer_one",
  catch_up_seconds: 60,
} as const;
const NO_TIME = { cron: null, every_seconds: null, at: null };
const CONFIGS: Config[] = [
  { ...SCHEDULE, ...NO_TIME, schedule_type: "cron", cron: "0 9 * * 1" },
  { ...SCHEDULE, ...NO_TIME, schedule_type: "interval", every_seconds: 90, offset_seconds: 30 },
  {
    ...SCHEDULE,
    ...NO_TIME,
    schedule_type: "date",
    at: "2026-10-25T00:30:00.000Z",
    start_at: null,
  },
  {
    ...RUN,
    type: "webhook",
    verification: "stripe",
    secret: "KEY",
    rate_limit: { calls: 5, seconds: 2 },
    max_body_bytes: 2_000,
    wait_seconds: 1.5,
  },
  {
    ...RUN,
    type: "webhook",
    verification: "none",
    secret: null,
    rate_limit: { calls: 5, seconds: 2 },
    max_body_bytes: 2_000,
    wait_seconds: 0,
  },
  { ...RUN, type: "event", event: "order.paid", key: "7" },
  { type: "event", event: "x", key: null, node: null, input: null, only_if: null, tags: [] },
];

describe("a stored trigger in its editor", () => {
  it.each(CONFIGS)("is sent back as it was: %o", (config) => {
    expect(contentOf(draftOf(trigger(config)))).toEqual({ workflow_id: "w", name: "Mine", config });
  });

  it("shows times by the clock of its zone, and moves them with the zone", () => {
    const draft = draftOf(trigger(CONFIGS[0] as Config));
    expect(draft.schedule.startAt).toBe("2026-03-29T03:30");
    const moved = { ...draft, schedule: { ...draft.schedule, zone: "Asia/Seoul" } };
    expect(contentOf(moved).config).toMatchObject({
      time_zone: "Asia/Seoul",
      start_at: "2026-03-28T18:30:00.000Z",
    });
  });
});

describe("what is sent", () => {
  it("names one way of telling times, whatever was written in the others", () => {
    const draft = newDraft("schedule", "w");
    const schedule = { ...draft.schedule, at: "2026-05-01T09:00", zone: "UTC" };
    const times = (["cron", "interval", "date"] as const).map((type) => {
      const { config } = contentOf({ ...draft, schedule: { ...schedule, type } });
      const { cron, every_seconds, at } = config as Extract<Config, { type: "schedule" }>;
      return { cron, every_seconds, at };
    });
    expect(times).toEqual([
      { cron: "0 9 * * 1,2,3,4,5", every_seconds: null, at: null },
      { cron: null, every_seconds: 3_600, at: null },
      { cron: null, every_seconds: null, at: "2026-05-01T09:00:00.000Z" },
    ]);
  });

  it("leaves no blanks around names and tags, and no secret where none is asked for", () => {
    const draft = newDraft("webhook", "w");
    const { name, config } = contentOf({
      ...draft,
      name: " hook ",
      started: { ...draft.started, tags: " a, ,b ,", onlyIf: "  " },
      webhook: { ...draft.webhook, verification: "none", secret: "LEFT" },
    });
    expect(name).toBe("hook");
    expect(config).toMatchObject({ tags: ["a", "b"], only_if: null, secret: null });
  });
});

describe("a draft can be saved", () => {
  const whole: Record<string, Draft> = {
    schedule: { ...newDraft("schedule", "w"), name: "n" },
    webhook: {
      ...newDraft("webhook", "w"),
      name: "n",
      webhook: { ...newDraft("webhook", "w").webhook, secret: "KEY" },
    },
    event: { ...newDraft("event", "w"), name: "n", event: { event: "e", key: "" } },
  };

  it.each(KINDS)("once it says all that a %s needs", (kind) => {
    const draft = whole[kind] as Draft;
    expect(isWhole(draft)).toBe(true);
    expect(isWhole({ ...draft, name: " " })).toBe(false);
    expect(isWhole({ ...draft, workflowId: "" })).toBe(false);
    const { schedule, webhook, event } = newDraft(kind, "w");
    const lacking = { ...draft, webhook, event, schedule: { ...schedule, cron: " " } };
    expect(isWhole(lacking)).toBe(false);
  });

  it("a schedule only in a zone that there is, and with its own kind of time", () => {
    const { schedule } = newDraft("schedule", "w");
    expect(namesTimes({ ...schedule, zone: "Mars/Olympus" })).toBe(false);
    expect(namesTimes({ ...schedule, type: "date" })).toBe(false);
    expect(namesTimes({ ...schedule, type: "date", at: "2026-05-01T09:00" })).toBe(true);
    expect(namesTimes({ ...schedule, type: "interval", everySeconds: null })).toBe(false);
  });
});

describe("a refusal", () => {
  const refusal = (...paths: string[]) =>
    new Problem(422, {
      detail: "no",
      errors: paths.map((path) => ({ path, message: `about ${path}`, code: "X" })),
    });

  it.each([
    ["body.config.schedule.cron", "schedule", "cron"],
    ["body.config.cron", "schedule", "cron"],
    ["body.config.time_zone", "schedule", "time_zone"],
    ["body.config.webhook.rate_limit.calls", "webhook", "rate_limit.calls"],
    ["body.config.event.event", "event", "event"],
    ["body.config.event", "event", "event"],
    ["body.config.event.key", "event", "key"],
    ["body.config.input.to", "webhook", "input"],
    ["body.config.only_if", "event", "only_if"],
    ["body.name", "event", "name"],
  ] as const)("of %s of a %s stands at %s", (path, kind, field) => {
    expect(told(refusal(path), kind)).toEqual({
      fields: { [field]: `about ${path}` },
      rest: null,
    });
  });

  it("of what has no field is told above the form, whole", () => {
    const error = refusal("body.config.schedule");
    expect(told(error, "schedule")).toEqual({ fields: {}, rest: error });
    const down = new Error("no network");
    expect(told(down, "event")).toEqual({ fields: {}, rest: down });
    expect(told(null, "event").rest).toBeNull();
  });

  it("of both kinds is told in both places, each part once", () => {
    const { fields, rest } = told(refusal("body.config.cron", "body.config.else"), "schedule");
    expect(Object.keys(fields)).toEqual(["cron"]);
    expect((rest as Problem).items.map(({ path }) => path)).toEqual(["body.config.else"]);
  });
});
