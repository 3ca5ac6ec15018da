import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { type Call, serve, show, signInAs } from "@/test/world";
import { TriggerEdit } from "./edit";

const place = vi.hoisted(() => ({ query: "", pushed: [] as string[] }));
vi.mock("next/navigation", () => ({
  usePathname: () => "/triggers/edit",
  useRouter: () => ({ push: (path: string) => place.pushed.push(path) }),
  useSearchParams: () => new URLSearchParams(place.query),
}));

const NOW = "2026-05-01T12:00:00Z";
const WORKFLOWS = [
  { id: "w1", name: "Reports", published_version: 3 },
  { id: "w2", name: "Unfinished", published_version: null },
];

/** A server that knows workflows, secrets and times; the rest `other` answers. */
function server(other: (call: Call) => unknown = () => ({})): Call[] {
  return serve((call) => {
    if (call.path.startsWith("/api/v1/workflows")) return { items: WORKFLOWS, next_cursor: null };
    if (call.path.startsWith("/api/v1/secrets"))
      return { items: [{ name: "HOOK_KEY" }], next_cursor: null };
    const answer = other(call);
    if (call.path !== "/api/v1/triggers/preview" || answer instanceof Response) return answer;
    const { config } = call.body as { config: { time_zone: string } };
    return { times: ["2026-06-01T00:00:00Z"], time_zone: config.time_zone };
  });
}

function invalid(path: string, message: string): Response {
  const errors = [{ path, message, code: "INVALID_SCHEDULE" }];
  return Response.json(
    { status: 422, detail: `${path}: ${message}`, code: "INVALID_SCHEDULE", errors },
    { status: 422 },
  );
}

const field = (name: string | RegExp) => screen.getByLabelText(name, { selector: "input, select" });
const fill = (name: string | RegExp, value: string) =>
  fireEvent.change(field(name), { target: { value } });
const button = (name: string) => screen.getByRole("button", { name }) as HTMLButtonElement;
const sent = (calls: Call[], method: string, path: string) =>
  calls.filter((call) => call.method === method && call.path === path).map(({ body }) => body);
const text = (name: string | RegExp) => (field(name) as HTMLInputElement).value;

beforeEach(() => {
  signInAs("editor");
  place.query = "kind=schedule&workflow=w1";
  place.pushed = [];
});

describe("a new schedule", () => {
  it("is built by choosing, and the expression says the same", async () => {
    server();
    show(<TriggerEdit />);
    fill("Repeats", "month");
    fill("Day of the month", "31");
    fill(/^Time of day/, "06:45");
    expect(text(/^Cron expression/)).toBe("45 6 31 * *");
    expect(screen.getByText("Months without this day are left out.")).toBeTruthy();
    fill("Repeats", "week");
    fireEvent.click(screen.getByRole("checkbox", { name: "Mon" }));
    expect(text(/^Cron expression/)).toBe("45 6 * * 2,3,4,5");
    fill(/^Cron expression/, "*/15 * * * *");
    expect(text("Repeats")).toBe("minutes");
    expect(text("Minutes between firings")).toBe("15");
    fill(/^Cron expression/, "0 9-17 * * *");
    expect(text("Repeats")).toBe("");
    expect(screen.getByText(/between 09:00 and 17:/)).toBeTruthy();
  });

  it("of one day of the week cannot lose that day", () => {
    server();
    show(<TriggerEdit />);
    fill(/^Cron expression/, "0 9 * * SUN");
    const sunday = screen.getByRole("checkbox", { name: "Sun" }) as HTMLInputElement;
    expect([sunday.checked, sunday.disabled]).toEqual([true, true]);
  });

  it("shows its next firings by both clocks before it is saved", async () => {
    const calls = server();
    show(<TriggerEdit />);
    fill(/^Time zone/, "Asia/Seoul");
    const times = () => document.querySelector("[data-firings]")?.textContent;
    await waitFor(() => expect(times()).toContain("Mon, Jun 1, 2026, 09:00"));
    expect(times()).toContain("Mon, Jun 1, 2026, 00:00 UTC");
    expect(sent(calls, "POST", "/api/v1/triggers")).toEqual([]);
    expect(sent(calls, "POST", "/api/v1/triggers/preview").at(-1)).toMatchObject({
      count: 10,
      config: { cron: "0 9 * * 1,2,3,4,5", time_zone: "Asia/Seoul" },
    });
  });

  it("tells what the server says of a field at that field, while it is written", async () => {
    server(({ body }) => {
      const asked = JSON.stringify(body);
      return asked.includes('"0 9 * *"') ? invalid("body.config.cron", "has 4 fields, not 5") : {};
    });
    show(<TriggerEdit />);
    fill(/^Cron expression/, "0 9 * *");
    const told = await screen.findByText("has 4 fields, not 5");
    expect(told.getAttribute("role")).toBe("alert");
    expect(field(/^Cron expression/).getAttribute("aria-invalid")).toBe("true");
  });

  it("knows no zone of a wrong name, and asks nobody about it", async () => {
    const calls = server();
    show(<TriggerEdit />);
    fill(/^Time zone/, "Mars/Olympus");
    expect(screen.getByRole("alert").textContent).toContain("Names look like Asia/Seoul");
    fill(/^Name/, "n");
    expect(button("Create").disabled).toBe(true);
    await screen.findByText("Say when, and the next firings are shown here.");
    const zones = sent(calls, "POST", "/api/v1/triggers/preview").map(
      (body) => (body as { config: { time_zone: string } }).config.time_zone,
    );
    expect(zones).not.toContain("Mars/Olympus");
  });

  it("is saved for the workflow that was given, and shown", async () => {
    const calls = server(({ method }) => (method === "POST" ? { id: "t1", name: "Nightly" } : {}));
    show(<TriggerEdit />);
    await waitFor(() => expect(text(/^Workflow/)).toBe("w1"));
    expect(button("Create").disabled).toBe(true);
    fill(/^Name/, " Nightly ");
    fireEvent.click(screen.getByRole("radio", { name: /Interval/ }));
    fill("Time between firings", "2");
    fireEvent.click(screen.getByRole("radio", { name: /Let one wait/ }));
    fireEvent.click(button("Create"));
    await waitFor(() => expect(place.pushed).toEqual(["/triggers/view?id=t1"]));
    expect(sent(calls, "POST", "/api/v1/triggers")).toMatchObject([
      {
        workflow_id: "w1",
        name: "Nightly",
        is_active: true,
        config: {
          type: "schedule",
          schedule_type: "interval",
          every_seconds: 7_200,
          cron: null,
          at: null,
          overlap: "buffer_one",
        },
      },
    ]);
  });

  it("that is refused says why at the field, until that is corrected", async () => {
    server(({ method, path }) =>
      method === "POST" && path === "/api/v1/triggers"
        ? invalid("body.config.schedule.catch_up_seconds", "must be 10 or more")
        : {},
    );
    show(<TriggerEdit />);
    await waitFor(() => expect(text(/^Workflow/)).toBe("w1"));
    fill(/^Name/, "n");
    fill("Catch up after an outage", "0");
    fireEvent.click(button("Create"));
    expect((await screen.findByRole("alert")).textContent).toBe("must be 10 or more");
    fill("Catch up after an outage", "1");
    expect(screen.queryByRole("alert")).toBeNull();
    expect(place.pushed).toEqual([]);
  });

  it("says that a workflow without a published version cannot start", async () => {
    place.query = "kind=schedule&workflow=w2";
    server();
    show(<TriggerEdit />);
    expect(await screen.findByText(/no published version yet/)).toBeTruthy();
  });
});

describe("a new webhook", () => {
  beforeEach(() => {
    place.query = "kind=webhook&workflow=w1";
  });

  it("is proven with a secret that there is", async () => {
    const calls = server(({ method }) => (method === "POST" ? { id: "t1", name: "Hook" } : {}));
    show(<TriggerEdit />);
    fill(/^Name/, "Hook");
    fill("How calls are proven", "github");
    expect(button("Create").disabled).toBe(true);
    await screen.findByRole("option", { name: "HOOK_KEY" });
    fill(/^Secret/, "HOOK_KEY");
    fill("Largest body, in KiB", "2");
    fireEvent.click(button("Create"));
    await waitFor(() => expect(place.pushed).toHaveLength(1));
    expect(sent(calls, "POST", "/api/v1/triggers")).toMatchObject([
      {
        config: {
          type: "webhook",
          verification: "github",
          secret: "HOOK_KEY",
          max_body_bytes: 2_048,
          rate_limit: { calls: 60, seconds: 60 },
        },
      },
    ]);
  });

  it("without any proof warns of it", () => {
    server();
    show(<TriggerEdit />);
    fill("How calls are proven", "none");
    expect(screen.getByText("Whoever knows the address can start runs.")).toBeTruthy();
    expect(screen.queryByLabelText(/^Secret/)).toBeNull();
  });
});

describe("the kinds of a new trigger", () => {
  it("keep what was written for another one", async () => {
    server();
    show(<TriggerEdit />);
    fill(/^Cron expression/, "1 2 3 * *");
    const tab = (name: string) => screen.getByRole("tab", { name });
    fireEvent.mouseDown(tab("Event"));
    fill(/^Name of the event/, "order.paid");
    fireEvent.mouseDown(tab("Schedule"));
    expect(text(/^Cron expression/)).toBe("1 2 3 * *");
    fireEvent.mouseDown(tab("Event"));
    expect(text(/^Name of the event/)).toBe("order.paid");
  });
});

describe("a stored trigger", () => {
  const STORED = {
    id: "t1",
    workflow_id: "w1",
    workflow_name: "Reports",
    name: "Paid",
    trigger_type: "event",
    config: { type: "event", event: "order.paid", key: null, node: "other", tags: ["x"] },
    is_active: true,
    version: 4,
    created_at: NOW,
    updated_at: NOW,
  };

  beforeEach(() => {
    place.query = "id=t1";
  });

  it("is changed at its version, and keeps its kind and its workflow", async () => {
    const calls = server(() => STORED);
    show(<TriggerEdit />);
    await waitFor(() => expect(text(/^Name of the event/)).toBe("order.paid"));
    expect(screen.queryByRole("tab")).toBeNull();
    expect((field(/^Workflow/) as HTMLSelectElement).disabled).toBe(true);
    fill(/^Key/, "7");
    fireEvent.click(button("Save"));
    await waitFor(() => expect(place.pushed).toEqual(["/triggers/view?id=t1"]));
    expect(sent(calls, "PATCH", "/api/v1/triggers/t1")).toEqual([
      {
        version: 4,
        name: "Paid",
        config: {
          type: "event",
          event: "order.paid",
          key: "7",
          node: "other",
          input: null,
          only_if: null,
          tags: ["x"],
        },
      },
    ]);
  });

  it("that somebody else changed meanwhile can be read anew", async () => {
    let theirs = STORED;
    const calls = server(({ method }) => {
      if (method !== "PATCH") return theirs;
      theirs = { ...STORED, version: 5, config: { ...STORED.config, event: "order.sent" } };
      const refused = { status: 409, detail: "it was changed", code: "VERSION_MISMATCH" };
      return Response.json(refused, { status: 409 });
    });
    show(<TriggerEdit />);
    await waitFor(() => expect(text(/^Name of the event/)).toBe("order.paid"));
    fill(/^Key/, "7");
    fireEvent.click(button("Save"));
    fireEvent.click(await screen.findByRole("button", { name: "Show what is stored now" }));
    await waitFor(() => expect(text(/^Name of the event/)).toBe("order.sent"));
    expect(text(/^Key/)).toBe("");
    expect(screen.queryByRole("alert")).toBeNull();
    fireEvent.click(button("Save"));
    await waitFor(() =>
      expect(sent(calls, "PATCH", "/api/v1/triggers/t1")).toMatchObject([
        { version: 4 },
        { version: 5 },
      ]),
    );
  });

  it("viewers only look at", async () => {
    signInAs("viewer");
    server(() => STORED);
    show(<TriggerEdit />);
    await waitFor(() => expect(text(/^Name of the event/)).toBe("order.paid"));
    const main = within(screen.getByRole("main"));
    expect(main.queryByRole("button", { name: "Save" })).toBeNull();
  });
});
