import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { type Call, serve, show, signInAs } from "@/test/world";
import type { Notice, Notification } from "./api";
import { addressesIn } from "./draft";
import { Notifications } from "./notifications";

vi.mock("next/navigation", () => ({ usePathname: () => "/settings/notifications" }));

const NOW = "2026-01-01T00:00:00Z";
const RULE: Notification = {
  id: "n",
  name: "Night watch",
  workflow_id: "w",
  workflow_name: "Orders",
  channel: "slack",
  occasions: ["failed", "approval"],
  config: { url: "{{ secrets.SLACK_URL }}" },
  is_active: true,
  version: 3,
  created_at: NOW,
  updated_at: NOW,
};
const NOTICE: Notice = {
  id: "t",
  occasion: "failed",
  execution_id: null,
  status: "failed",
  attempts: 4,
  error: "the server answered 500",
  sent_at: null,
  created_at: NOW,
};

/** A server with these rules; what else is asked of it, `other` answers. */
function rules(items: Notification[], other: (call: Call) => unknown = () => undefined): Call[] {
  const page = (found: unknown[]) => ({ items: found, next_cursor: null });
  return serve((call) => {
    const found = other(call);
    if (found !== undefined) return found;
    if (call.path.includes("/notices")) return page([NOTICE]);
    if (call.path.includes("/secrets")) return page([{ name: "SIGNING" }, { name: "SLACK_URL" }]);
    if (call.path.includes("/workflows")) return page([{ id: "w", name: "Orders" }]);
    return call.method === "GET" ? page(items) : RULE;
  });
}

const changes = (calls: Call[]) => calls.filter(({ method }) => method !== "GET");
const dialog = () => within(screen.getByRole("dialog"));
const fill = (label: RegExp | string, value: string) =>
  fireEvent.change(dialog().getByLabelText(label), { target: { value } });
const press = (name: string) => fireEvent.click(screen.getByRole("button", { name }));

beforeEach(() => signInAs("editor"));

describe("the list of notifications", () => {
  it("says who is told of what", async () => {
    rules([RULE]);
    show(<Notifications />);
    const row = (await screen.findByText("Night watch")).closest("tr") as HTMLElement;
    expect(row.textContent).toContain("Slack");
    expect(row.textContent).toContain("Orders");
    expect(row.textContent).toContain("A run failed · A decision is asked for");
  });

  it("without any, it says what they are for", async () => {
    rules([]);
    show(<Notifications />);
    expect(await screen.findByText("Nobody is told yet")).toBeTruthy();
  });

  it("viewers only look", async () => {
    signInAs("viewer");
    rules([RULE]);
    show(<Notifications />);
    await screen.findByText("Night watch");
    const names = within(screen.getByRole("table"))
      .getAllByRole("button")
      .map((each) => each.getAttribute("aria-label"));
    expect(names).toEqual(["What was told by Night watch"]);
    expect(screen.queryByRole("button", { name: "New notification" })).toBeNull();
  });
});

describe("a new notification", () => {
  it("by webhook has an address and the secret that signs", async () => {
    const calls = rules([]);
    show(<Notifications />);
    press("New notification");
    fill(/^Name/, " Ops ");
    fill(/^URL/, "https://example.com/hook");
    await dialog().findByRole("option", { name: "SIGNING" });
    fill("Signed with the secret", "SIGNING");
    fireEvent.click(dialog().getByLabelText("A run succeeded"));
    fireEvent.click(dialog().getByRole("button", { name: "Save" }));
    await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
    expect(changes(calls)).toMatchObject([
      {
        method: "POST",
        path: "/api/v1/notifications",
        body: {
          name: "Ops",
          channel: "webhook",
          workflow_id: null,
          occasions: ["completed", "failed"],
          config: { url: "https://example.com/hook", secret: "SIGNING" },
          is_active: true,
        },
      },
    ]);
  });

  it("by e-mail needs a server that can send, and says how to get one", async () => {
    const calls = rules([], ({ method }) =>
      method === "POST"
        ? Response.json({ status: 409, code: "SMTP_NOT_CONFIGURED", detail: "no" }, { status: 409 })
        : undefined,
    );
    show(<Notifications />);
    press("New notification");
    fill(/^Name/, "Letters");
    fill("By", "email");
    fill(/^To/, "a@example.com; b@example.com");
    fireEvent.click(dialog().getByRole("button", { name: "Save" }));
    const alert = await dialog().findByRole("alert");
    expect(alert.textContent).toContain("PASTETRADER_SMTP_URL");
    expect(changes(calls)).toMatchObject([
      { body: { channel: "email", config: { to: ["a@example.com", "b@example.com"] } } },
    ]);
  });

  it("of nothing is not made", () => {
    rules([]);
    show(<Notifications />);
    press("New notification");
    fireEvent.click(dialog().getByLabelText("A run failed"));
    expect(dialog().getByRole("alert").textContent).toBe("Choose at least one.");
    expect((dialog().getByRole("button", { name: "Save" }) as HTMLButtonElement).disabled).toBe(
      true,
    );
  });
});

describe("a notification that is there", () => {
  it("is changed with the version that was read, and keeps its channel", async () => {
    const calls = rules([RULE]);
    show(<Notifications />);
    await screen.findByText("Night watch");
    press("Edit Night watch");
    expect((dialog().getByLabelText("By") as HTMLSelectElement).disabled).toBe(true);
    expect((dialog().getByLabelText(/^URL/) as HTMLInputElement).value).toBe(
      "{{ secrets.SLACK_URL }}",
    );
    fill("Of the runs of", "");
    fireEvent.click(dialog().getByRole("button", { name: "Save" }));
    await waitFor(() => expect(changes(calls)).toHaveLength(1));
    expect(changes(calls)).toMatchObject([
      {
        method: "PATCH",
        path: "/api/v1/notifications/n",
        body: { workflow_id: null, version: 3, config: { url: "{{ secrets.SLACK_URL }}" } },
      },
    ]);
    expect(changes(calls)[0]?.body).not.toHaveProperty("channel");
  });

  it("is tried out, and what became of it is shown", async () => {
    const calls = rules([RULE]);
    show(<Notifications />);
    await screen.findByText("Night watch");
    press("Send a test by Night watch");
    const table = within(await screen.findByRole("dialog", { name: "Told by “Night watch”" }));
    expect(await table.findByText("the server answered 500")).toBeTruthy();
    expect(changes(calls)).toMatchObject([
      { method: "POST", path: "/api/v1/notifications/n/test" },
    ]);
  });

  it("is deleted after a warning", async () => {
    const calls = rules([RULE], ({ method }) =>
      method === "DELETE" ? new Response(null, { status: 204 }) : undefined,
    );
    show(<Notifications />);
    await screen.findByText("Night watch");
    press("Delete Night watch");
    expect(changes(calls)).toEqual([]);
    fireEvent.click(dialog().getByRole("button", { name: "Delete" }));
    await waitFor(() => expect(changes(calls)).toHaveLength(1));
  });
});

it("addresses are read whatever stands between them", () => {
  expect(addressesIn(" a@x.org, b@x.org;c@x.org\nd@x.org ")).toEqual([
    "a@x.org",
    "b@x.org",
    "c@x.org",
    "d@x.org",
  ]);
});
