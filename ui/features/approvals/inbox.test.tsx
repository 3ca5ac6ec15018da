import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Approval } from "@/lib/api/events";
import { type Call, serve, show, signInAs } from "@/test/world";
import { ApprovalBadge } from "./badge";
import { Approvals } from "./inbox";

const address = vi.hoisted(() => ({ query: "", went: [] as string[] }));
vi.mock("next/navigation", () => ({
  usePathname: () => "/approvals",
  useRouter: () => ({ replace: (to: string) => address.went.push(to) }),
  useSearchParams: () => new URLSearchParams(address.query),
}));

const NOW = "2026-01-01T00:00:00Z";
const FORM = {
  type: "object",
  required: ["shares"],
  properties: { shares: { type: "integer" } },
};

function approval(id: string, more: Partial<Approval> = {}): Approval {
  return {
    id,
    execution_id: `run-of-${id}`,
    parent_execution_id: null,
    workflow_id: "w",
    workflow_name: "Orders",
    node_key: "review",
    path: "",
    title: id,
    request: { message: `Is ${id} right?`, inputs: {} },
    form_schema: null,
    assignees: [],
    required: 1,
    status: "pending",
    can_decide: true,
    own: true,
    decisions: [],
    comment: null,
    decided_by: null,
    decided_by_email: null,
    decided_at: null,
    reminded_at: null,
    expires_at: null,
    created_at: NOW,
    ...more,
  };
}

/** A server with these approvals, of which a decided one is pending no more. */
function inbox(items: Approval[], other: (call: Call) => unknown = () => undefined): Call[] {
  let waiting = items;
  return serve((call) => {
    const found = other(call);
    if (found !== undefined) return found;
    if (call.method === "GET") return { items: waiting, next_cursor: null };
    const id = call.path.split("/")[4] ?? "";
    waiting = waiting.filter((each) => each.id !== id);
    const { approve } = call.body as { approve: boolean };
    return approval(id, { status: approve ? "approved" : "rejected" });
  });
}

const card = (name: string) => screen.findByRole("article", { name: `${name}, Orders` });
const sent = (calls: Call[]) => calls.filter(({ method }) => method === "POST");

beforeEach(() => {
  address.query = "";
  address.went = [];
  signInAs("editor");
});

describe("the inbox", () => {
  it("asks for what waits for the reader", async () => {
    const calls = inbox([approval("first")]);
    show(<Approvals />);
    expect((await card("first")).textContent).toContain("Is first right?");
    expect(calls[0]?.path).toContain("status=pending&mine=true");
  });

  it("says that nothing waits, and shows the past when asked", async () => {
    inbox([]);
    show(<Approvals />);
    expect(await screen.findByText("Nothing waits for you")).toBeTruthy();
    fireEvent.change(screen.getByLabelText("Show"), { target: { value: "approved" } });
    expect(address.went).toEqual(["/approvals?show=approved"]);
  });

  it("shows how something was decided, by whom and with which words", async () => {
    address.query = "show=approved";
    const decisions = [
      { by: "x", by_email: "x@example.com", approve: true, comment: "fine", form: null, at: NOW },
    ];
    const calls = inbox([approval("old", { status: "approved", can_decide: false, decisions })]);
    show(<Approvals />);
    const shown = await card("old");
    expect(shown.textContent).toContain("Approved by x@example.com");
    expect(shown.textContent?.match(/“fine”/g)).toHaveLength(1);
    expect(within(shown).queryByRole("button")).toBeNull();
    expect(calls[0]?.path).not.toContain("mine");
  });

  it("says who is asked, how many agreed, and that one's own word is given", async () => {
    const decisions = [
      { by: "u", by_email: "a@example.com", approve: true, comment: null, form: null, at: NOW },
    ];
    const assignees = ["role:admin", "b@example.com"];
    inbox([
      approval("shared", { assignees, required: 2, decisions, can_decide: false, own: false }),
    ]);
    show(<Approvals />);
    const shown = await card("shared");
    expect(shown.textContent).toContain("Asked: all administrators, b@example.com");
    expect(shown.textContent).toContain("1 of 2 approvals so far");
    expect(shown.textContent).toContain("You have decided");
    expect(within(shown).queryByRole("button", { name: "Approve" })).toBeNull();
    expect(within(shown).queryByRole("link", { name: "Open its run" })).toBeNull();
  });

  it("sends the form and the comment, and the card goes", async () => {
    const calls = inbox([approval("first", { form_schema: FORM })]);
    show(<Approvals />);
    const shown = await card("first");
    fireEvent.change(await within(shown).findByLabelText(/^Shares/), { target: { value: "12" } });
    fireEvent.change(within(shown).getByLabelText("Comment"), { target: { value: " ok " } });
    fireEvent.click(within(shown).getByRole("button", { name: "Approve" }));
    await waitFor(() => expect(screen.queryByRole("article")).toBeNull());
    expect(sent(calls)).toMatchObject([
      {
        path: "/api/v1/approvals/first/decision",
        body: { approve: true, comment: "ok", form: { shares: 12 } },
      },
    ]);
    expect(await screen.findByText("“first” is approved.")).toBeTruthy();
  });
});

describe("the keys of the inbox", () => {
  it("lead from card to card, and not out of the list", async () => {
    inbox([approval("first"), approval("second")]);
    show(<Approvals />);
    const [first, second] = [await card("first"), await card("second")];
    first.focus();
    fireEvent.keyDown(first, { key: "j" });
    expect(document.activeElement).toBe(second);
    fireEvent.keyDown(second, { key: "ArrowDown" });
    expect(document.activeElement).toBe(second);
    fireEvent.keyDown(second, { key: "k" });
    expect(document.activeElement).toBe(first);
  });

  it("decide after a confirmation, and the focus goes on to the next card", async () => {
    const calls = inbox([approval("first"), approval("second")]);
    show(<Approvals />);
    const first = await card("first");
    first.focus();
    fireEvent.keyDown(first, { key: "r" });
    const dialog = await screen.findByRole("dialog", { name: "Reject “first”?" });
    expect(sent(calls)).toEqual([]);
    const button = within(dialog).getByRole("button", { name: "Reject" });
    expect(document.activeElement).toBe(button);
    fireEvent.click(button);
    await waitFor(() => expect(screen.getAllByRole("article")).toHaveLength(1));
    expect(sent(calls)).toMatchObject([{ body: { approve: false, comment: null } }]);
    expect(document.activeElement).toBe(await card("second"));
  });

  it("are the same while Korean is written", async () => {
    inbox([approval("first")]);
    show(<Approvals />);
    const first = await card("first");
    first.focus();
    fireEvent.keyDown(first, { key: "ㅁ", code: "KeyA" });
    expect(await screen.findByRole("dialog", { name: "Approve “first”?" })).toBeTruthy();
  });

  it("are letters in a field", async () => {
    const calls = inbox([approval("first")]);
    show(<Approvals />);
    const comment = within(await card("first")).getByLabelText("Comment");
    fireEvent.keyDown(comment, { key: "a" });
    expect(screen.queryByRole("dialog")).toBeNull();
    expect(sent(calls)).toEqual([]);
  });
});

describe("a link to decide by", () => {
  const LINK = {
    url: "/approve?token=t0k",
    token: "t0k",
    expires_at: NOW,
    email: "a@example.com",
  };
  const making = (call: Call) => (call.path.endsWith("/links") ? LINK : undefined);

  it("is made in one's own name, shown once, and whole", async () => {
    const calls = inbox([approval("first")], making);
    show(<Approvals />);
    fireEvent.click(within(await card("first")).getByRole("button", { name: "Make a link…" }));
    const dialog = within(screen.getByRole("dialog", { name: "Decide by a link" }));
    expect(dialog.queryByLabelText("In the name of")).toBeNull();
    fireEvent.change(dialog.getByLabelText("Works for"), { target: { value: "72" } });
    fireEvent.click(dialog.getByRole("button", { name: "Make the link" }));
    const field = (await dialog.findByLabelText("Link")) as HTMLInputElement;
    expect(field.value).toBe(`${location.origin}/approve?token=t0k`);
    expect(sent(calls)).toMatchObject([
      { path: "/api/v1/approvals/first/links", body: { expires_seconds: 259_200 } },
    ]);
    expect(sent(calls)[0]?.body).not.toHaveProperty("email");
  });

  it("is made for somebody else by administrators only", async () => {
    signInAs("admin");
    const calls = inbox([approval("first", { can_decide: false })], making);
    show(<Approvals />);
    fireEvent.click(within(await card("first")).getByRole("button", { name: "Make a link…" }));
    const dialog = within(screen.getByRole("dialog", { name: "Decide by a link" }));
    fireEvent.change(dialog.getByLabelText("In the name of"), {
      target: { value: "b@example.com" },
    });
    fireEvent.click(dialog.getByRole("button", { name: "Make the link" }));
    await dialog.findByLabelText("Link");
    expect(sent(calls)).toMatchObject([{ body: { email: "b@example.com" } }]);
  });
});

describe("the badge", () => {
  it("counts what waits for the reader", async () => {
    inbox([approval("first"), approval("second")]);
    show(<ApprovalBadge />);
    expect(await screen.findByText("2 wait for you")).toBeTruthy();
  });

  it("says when there are more than it counts", async () => {
    serve(() => ({ items: [approval("first")], next_cursor: "on" }));
    show(<ApprovalBadge />);
    expect(await screen.findByText("1+")).toBeTruthy();
  });

  it("is not there while nothing waits", async () => {
    const calls = inbox([]);
    show(<ApprovalBadge />);
    await waitFor(() => expect(calls).toHaveLength(1));
    expect(document.querySelector("[data-waiting-approvals]")).toBeNull();
  });
});
