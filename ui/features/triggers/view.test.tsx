import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { type Call, refusal, serve, show, signInAs } from "@/test/world";
import type { Delivery, Firing, Trigger } from "./api";
import { Triggers } from "./triggers";
import type { Config } from "./types";
import { TriggerView } from "./view";

const place = vi.hoisted(() => ({ query: "", pushed: [] as string[], replaced: [] as string[] }));
vi.mock("next/navigation", () => ({
  usePathname: () => "/triggers",
  useRouter: () => ({
    push: (path: string) => place.pushed.push(path),
    replace: (path: string) => place.replaced.push(path),
  }),
  useSearchParams: () => new URLSearchParams(place.query),
}));

const NOW = "2026-05-01T12:00:00Z";
const CONFIGS: Record<string, Config> = {
  schedule: {
    type: "schedule",
    schedule_type: "cron",
    cron: "0 9 * * *",
    time_zone: "Asia/Seoul",
    offset_seconds: 0,
    jitter_seconds: 0,
    overlap: "skip",
    catch_up_seconds: 60,
  },
  webhook: {
    type: "webhook",
    verification: "hmac",
    secret: "HOOK_KEY",
    rate_limit: { calls: 60, seconds: 60 },
    max_body_bytes: 1_000,
    wait_seconds: 0,
  },
  event: { type: "event", event: "order.paid", key: "7" },
};

function trigger(kind: "schedule" | "webhook" | "event", more: Partial<Trigger> = {}): Trigger {
  return {
    id: "t1",
    workflow_id: "w1",
    workflow_name: "Reports",
    name: "Mine",
    trigger_type: kind,
    config: CONFIGS[kind] as Config,
    is_active: true,
    note: null,
    next_run_at: null,
    last_run_at: null,
    url: kind === "webhook" ? "/api/v1/hooks/t1" : null,
    missed: 0,
    skipped_overlap: 0,
    version: 1,
    created_at: NOW,
    updated_at: NOW,
    ...more,
  };
}

const FIRING: Firing = {
  id: "f1",
  cause: "schedule",
  scheduled_at: "2026-05-01T00:00:00Z",
  fired_at: "2026-05-01T00:00:07Z",
  status: "started",
  error: null,
  execution_id: "f1",
  execution_status: "completed",
};
const DELIVERY: Delivery = {
  id: "d1",
  delivery_id: "call-1",
  received_at: NOW,
  status: "refused",
  detail: "the signature is not this secret's",
  preview: '{"a": 1}',
  content_type: "application/json",
  execution_id: null,
  execution_status: null,
};

interface World {
  triggers?: Trigger[];
  firings?: Firing[];
  deliveries?: Delivery[];
}

/** A server with one trigger and what came of it; what changes anything, `other` answers. */
function server(world: World, other: (call: Call) => unknown = () => ({})): Call[] {
  const { triggers = [], firings = [], deliveries = [] } = world;
  return serve((call) => {
    const path = call.path.split("?")[0] ?? "";
    if (path.endsWith("/preview")) return { times: [NOW], time_zone: "Asia/Seoul" };
    if (call.method !== "GET") return other(call);
    const lists: [string, unknown[]][] = [
      ["/history", firings],
      ["/deliveries", deliveries],
      ["/triggers", triggers],
      ["/workflows", [{ id: "w1", name: "Reports", published_version: 1 }]],
    ];
    const list = lists.find(([end]) => path.endsWith(end));
    return list ? { items: list[1], next_cursor: null } : triggers[0];
  });
}

const button = (name: string) => screen.getByRole("button", { name }) as HTMLButtonElement;
const changes = (calls: Call[]) =>
  calls.filter(({ method, path }) => method !== "GET" && !path.endsWith("/preview"));
const dialog = () => within(screen.getByRole("dialog"));

beforeEach(() => {
  signInAs("editor");
  place.query = "id=t1";
  place.pushed = [];
  place.replaced = [];
});

describe("the page of a schedule", () => {
  it("says how it stands, what it missed and what each firing became", async () => {
    const failed: Firing = {
      ...FIRING,
      id: "f2",
      status: "refused",
      error: "it has no published version",
      execution_id: null,
      execution_status: null,
    };
    server({
      triggers: [trigger("schedule", { missed: 3, skipped_overlap: 2 })],
      firings: [failed, FIRING],
    });
    show(<TriggerView />);
    expect(await screen.findByText("At 09:00 (Asia/Seoul)")).toBeTruthy();
    const fact = (name: string) => screen.getByText(name).parentElement?.textContent;
    expect(fact("Missed")).toContain("3");
    expect(fact("Left out")).toContain("2");
    const history = within(await screen.findByRole("table"));
    const [, refused, started] = history.getAllByRole("row");
    expect(refused?.textContent).toContain("it has no published version");
    expect(refused?.querySelector("a")).toBeNull();
    expect(started?.textContent).toContain("Fri, May 1, 2026, 09:00");
    expect(started?.textContent).toContain("09:00:07");
    const run = within(started as HTMLElement).getByRole("link", { name: "Open the run" });
    expect(run.getAttribute("href")).toBe("/executions/view?id=f1");
  });

  it("says that Temporal's numbers are unknown while it does not answer", async () => {
    server({ triggers: [trigger("schedule", { missed: null, skipped_overlap: null })] });
    show(<TriggerView />);
    expect(await screen.findAllByText("Unknown")).toHaveLength(2);
  });

  it("is paused with a note, which is shown", async () => {
    let stored = trigger("schedule");
    const calls = serve(({ method, path, body }) => {
      if (path.endsWith("/preview")) return { times: [], time_zone: "Asia/Seoul" };
      if (path.includes("/history")) return { items: [], next_cursor: null };
      if (method === "POST")
        stored = { ...stored, is_active: false, note: (body as { note: string }).note };
      return stored;
    });
    show(<TriggerView />);
    fireEvent.click(await screen.findByRole("button", { name: "Pause" }));
    expect(screen.getByRole("dialog").textContent).toContain("are not caught up");
    fireEvent.change(dialog().getByLabelText("Note"), { target: { value: " holidays " } });
    fireEvent.click(dialog().getByRole("button", { name: "Pause" }));
    expect(await screen.findByText("holidays")).toBeTruthy();
    expect(changes(calls)).toMatchObject([
      { path: "/api/v1/triggers/t1/pause", body: { note: "holidays" } },
    ]);
    expect(screen.getByText("Paused: it does not fire")).toBeTruthy();
    expect(button("Resume").disabled).toBe(false);
  });

  it("fires now", async () => {
    const calls = server({ triggers: [trigger("schedule")] }, () => FIRING);
    show(<TriggerView />);
    fireEvent.click(await screen.findByRole("button", { name: "Fire now" }));
    fireEvent.click(dialog().getByRole("button", { name: "Fire now" }));
    await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
    expect(changes(calls)).toMatchObject([{ path: "/api/v1/triggers/t1/fire", body: {} }]);
  });

  it("fires for a window by its own clock, and tells the times", async () => {
    const calls = server({ triggers: [trigger("schedule")] }, () => ({
      times: ["2026-04-02T00:00:00Z"],
    }));
    show(<TriggerView />);
    fireEvent.click(await screen.findByRole("button", { name: "Backfill" }));
    const fill = (name: RegExp, value: string) =>
      fireEvent.change(dialog().getByLabelText(name), { target: { value } });
    fill(/^From/, "2026-04-03T00:00");
    fill(/^To/, "2026-04-02T00:00");
    expect(screen.getByRole("alert").textContent).toContain("later than the beginning");
    expect(button("Fire for these times").disabled).toBe(true);
    fill(/^From/, "2026-04-01T12:00");
    fill(/^To/, "2026-04-02T12:00");
    fireEvent.click(dialog().getByRole("radio", { name: "go on at the same time" }));
    fireEvent.click(button("Fire for these times"));
    expect(await screen.findByText("It fires for 1 time:")).toBeTruthy();
    expect(dialog().getByText(/Thu, Apr 2, 2026, 09:00/)).toBeTruthy();
    expect(changes(calls)).toMatchObject([
      {
        path: "/api/v1/triggers/t1/backfill",
        body: {
          start_at: "2026-04-01T03:00:00.000Z",
          end_at: "2026-04-02T03:00:00.000Z",
          overlap: "allow_all",
        },
      },
    ]);
  });

  it("is deleted after a warning", async () => {
    const calls = server(
      { triggers: [trigger("schedule")] },
      () => new Response(null, { status: 204 }),
    );
    show(<TriggerView />);
    fireEvent.click(await screen.findByRole("button", { name: "Delete" }));
    expect(screen.getByRole("dialog").textContent).toContain("Runs under way go on");
    fireEvent.click(dialog().getByRole("button", { name: "Delete" }));
    await waitFor(() => expect(place.pushed).toEqual(["/triggers"]));
    expect(changes(calls)).toMatchObject([{ method: "DELETE", path: "/api/v1/triggers/t1" }]);
  });

  it("viewers only look at", async () => {
    signInAs("viewer");
    server({ triggers: [trigger("schedule")] });
    show(<TriggerView />);
    await screen.findByText("At 09:00 (Asia/Seoul)");
    expect(within(screen.getByRole("main")).queryAllByRole("button")).toEqual([]);
  });
});

describe("the page of a webhook", () => {
  it("shows its whole address, and a program that signs", async () => {
    server({ triggers: [trigger("webhook")] });
    show(<TriggerView />);
    const address = `${window.location.origin}/api/v1/hooks/t1`;
    expect(await screen.findByText(address)).toBeTruthy();
    const program = () => screen.getByRole("region", { name: /^A signed call with/ }).textContent;
    expect(program()).toContain("openssl dgst -sha256 -hmac");
    fireEvent.click(button("Python"));
    expect(program()).toContain(`urllib.request.Request("${address}"`);
    expect(screen.getByText(/the value of HOOK_KEY/)).toBeTruthy();
  });

  it("lists its deliveries, and why one was refused", async () => {
    server({ triggers: [trigger("webhook")], deliveries: [DELIVERY] });
    show(<TriggerView />);
    const row = (await screen.findByText("call-1")).closest("tr") as HTMLElement;
    for (const each of ["Refused", '{"a": 1}', "the signature is not this secret's"])
      expect(row.textContent).toContain(each);
  });

  it("is tested with a signed request, whose answer and run are shown", async () => {
    const calls = server({ triggers: [trigger("webhook")] }, () => ({
      status: 202,
      answer: { id: "r1", status: "pending" },
      headers: { "X-PasteTrader-Signature": "sha256=abc" },
      curl: "curl https://example.org",
      delivery: {
        ...DELIVERY,
        status: "accepted",
        execution_id: "r1",
        execution_status: "running",
      },
    }));
    show(<TriggerView />);
    fireEvent.click(await screen.findByRole("button", { name: "Send the request" }));
    expect(await screen.findByText("Answer 202")).toBeTruthy();
    const run = screen.getByRole("link", { name: "Open the run" });
    expect(run.getAttribute("href")).toBe("/executions/view?id=r1");
    expect(screen.getByText(/sha256=abc/)).toBeTruthy();
    expect(changes(calls)).toMatchObject([
      {
        path: "/api/v1/triggers/t1/test",
        body: { content_type: "application/json", body: '{\n  "hello": "world"\n}' },
      },
    ]);
  });

  it("that nothing proves warns of it", async () => {
    const config = { ...CONFIGS.webhook, verification: "none", secret: null } as Config;
    server({ triggers: [trigger("webhook", { config })] });
    show(<TriggerView />);
    expect(await screen.findByText("Whoever knows the address can start runs.")).toBeTruthy();
  });
});

describe("the page of an event trigger", () => {
  it("publishes an event of its name and key, and tells what that fired", async () => {
    const calls = server({ triggers: [trigger("event")] }, () => ({ triggers: 1 }));
    show(<TriggerView />);
    fireEvent.click(await screen.findByRole("button", { name: "Publish an event" }));
    fireEvent.click(dialog().getByRole("button", { name: "Publish" }));
    const told = await screen.findByText("“order.paid” is published; 1 trigger fires.");
    expect(told).toBeTruthy();
    expect(changes(calls)).toMatchObject([
      { path: "/api/v1/events", body: { name: "order.paid", key: "7", payload: {} } },
    ]);
  });

  it("says why an event was not taken, and keeps what was written", async () => {
    server({ triggers: [trigger("event")] }, () => refusal(422, "the payload is too large"));
    show(<TriggerView />);
    fireEvent.click(await screen.findByRole("button", { name: "Publish an event" }));
    fireEvent.click(dialog().getByRole("button", { name: "Publish" }));
    expect((await screen.findByRole("alert")).textContent).toContain("the payload is too large");
    expect((dialog().getByLabelText("Key") as HTMLInputElement).value).toBe("7");
  });
});

describe("the room of triggers", () => {
  beforeEach(() => {
    place.query = "";
  });

  it("lists each with what it waits for, and turns it off and on", async () => {
    const off = trigger("webhook", { id: "t2", name: "Off", is_active: false });
    const calls = server({ triggers: [trigger("event"), off] }, () => off);
    show(<Triggers />);
    const row = (await screen.findByText("Mine")).closest("tr") as HTMLElement;
    expect(row.textContent).toContain("order.paid, key 7");
    expect(row.textContent).toContain("Reports");
    fireEvent.click(screen.getByRole("switch", { name: "Mine is active" }));
    fireEvent.click(screen.getByRole("switch", { name: "Off is active" }));
    await waitFor(() =>
      expect(changes(calls).map(({ path }) => path)).toEqual([
        "/api/v1/triggers/t1/pause",
        "/api/v1/triggers/t2/resume",
      ]),
    );
  });

  it("says of each schedule when it fires", async () => {
    const times: [string, Partial<Config>][] = [
      ["Every 2 hours", { schedule_type: "interval", cron: null, every_seconds: 7_200 }],
      ["Every 90 seconds", { schedule_type: "interval", cron: null, every_seconds: 90 }],
      ["Every day", { schedule_type: "interval", cron: null, every_seconds: 86_400 }],
      ["Once at 5/1/2026, 9:00:00 PM (Asia/Seoul)", { schedule_type: "date", cron: null, at: NOW }],
    ];
    const triggers = times.map(([, more], index) =>
      trigger("schedule", {
        id: `t${index}`,
        config: { ...CONFIGS.schedule, ...more } as Config,
      }),
    );
    server({ triggers });
    show(<Triggers />);
    for (const [words] of times) expect(await screen.findByText(words)).toBeTruthy();
  });

  it("without any explains what they are, with a way to one of each kind", async () => {
    server({});
    show(<Triggers />);
    expect(await screen.findByText("No triggers yet")).toBeTruthy();
    const links = ["Make a schedule", "Make a webhook", "Wait for an event"].map((name) =>
      screen.getByRole("link", { name }).getAttribute("href"),
    );
    expect(links).toEqual([
      "/triggers/edit?kind=schedule",
      "/triggers/edit?kind=webhook",
      "/triggers/edit?kind=event",
    ]);
  });

  it("of one workflow makes new ones for that workflow", async () => {
    place.query = "workflow=w1";
    const calls = server({});
    show(<Triggers />);
    expect(await screen.findByText("No trigger matches")).toBeTruthy();
    const link = screen.getByRole("link", { name: "Make a webhook" });
    expect(link.getAttribute("href")).toBe("/triggers/edit?kind=webhook&workflow=w1");
    expect(calls.map(({ path }) => path)).toContain("/api/v1/triggers?workflow_id=w1");
    fireEvent.change(screen.getByLabelText("Workflow"), { target: { value: "" } });
    expect(place.replaced).toEqual(["/triggers"]);
  });
});
