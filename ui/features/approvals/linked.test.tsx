import { fireEvent, screen, waitFor } from "@testing-library/react";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { useSession } from "@/lib/api/session";
import { type Call, serve, show } from "@/test/world";
import type { Asked } from "./api";
import { LinkedQuestion } from "./linked";

const address = vi.hoisted(() => ({ query: "" }));
vi.mock("next/navigation", () => ({
  useSearchParams: () => new URLSearchParams(address.query),
}));

const ASKED: Asked = {
  title: "Review",
  request: { message: "Is it right?", inputs: { price: 3 } },
  form_schema: null,
  status: "pending",
  expires_at: "2030-01-01T00:00:00Z",
  email: "b@example.com",
  workflow_name: "Orders",
  decided: false,
};
const gone = (code: string, status = 410) =>
  Response.json({ status, detail: "gone", code }, { status });
const decisions = (calls: Call[]) => calls.filter(({ method }) => method === "POST");

beforeEach(() => {
  address.query = "token=t0k";
  useSession.setState({ status: "out", token: null, user: null });
});

describe("a question behind a link", () => {
  it("is shown to whoever has it, and opening it decides nothing", async () => {
    const calls = serve(() => ASKED);
    show(<LinkedQuestion />);
    expect(await screen.findByRole("heading", { name: "Review" })).toBeTruthy();
    expect(screen.getByText("Is it right?")).toBeTruthy();
    expect(screen.getByText(/in the name of b@example\.com/)).toBeTruthy();
    expect(calls).toMatchObject([{ method: "GET", path: "/api/v1/approval-links/t0k" }]);
  });

  it("is decided with a comment", async () => {
    const calls = serve(({ method }) => (method === "GET" ? ASKED : { ...ASKED, decided: true }));
    show(<LinkedQuestion />);
    fireEvent.change(await screen.findByLabelText("Comment"), { target: { value: "go" } });
    fireEvent.click(screen.getByRole("button", { name: "Approve" }));
    expect((await screen.findByRole("status")).textContent).toContain("You approved it");
    expect(screen.queryByRole("button", { name: "Approve" })).toBeNull();
    expect(decisions(calls)).toMatchObject([
      { path: "/api/v1/approval-links/t0k", body: { approve: true, comment: "go" } },
    ]);
  });

  it.each([
    ["LINK_USED", 410, "This link was used"],
    ["LINK_EXPIRED", 410, "This link has expired"],
    ["LINK_REVOKED", 410, "This link does not count any more"],
    ["NOT_FOUND", 404, "This link does not work"],
  ])("that is refused with %s says why", async (code, status, title) => {
    serve(() => gone(code, status));
    show(<LinkedQuestion />);
    expect(await screen.findByRole("heading", { name: title })).toBeTruthy();
    expect(screen.queryByRole("button", { name: "Approve" })).toBeNull();
  });

  it("without a token asks nobody", () => {
    address.query = "";
    const calls = serve(() => ASKED);
    show(<LinkedQuestion />);
    expect(screen.getByRole("heading", { name: "This link does not work" })).toBeTruthy();
    expect(calls).toEqual([]);
  });

  it("that others decided meanwhile says so", async () => {
    serve(() => ({ ...ASKED, status: "rejected", decided: true }));
    show(<LinkedQuestion />);
    expect(await screen.findByText(/rejected already/)).toBeTruthy();
    expect(screen.queryByRole("button", { name: "Approve" })).toBeNull();
  });

  it("that is used while it is read says so, and takes no more", async () => {
    serve(({ method }) => (method === "GET" ? ASKED : gone("LINK_USED")));
    show(<LinkedQuestion />);
    fireEvent.click(await screen.findByRole("button", { name: "Reject" }));
    await waitFor(() => expect(screen.queryByRole("button", { name: "Reject" })).toBeNull());
    expect(screen.getByRole("alert").textContent).toContain("A link decides once");
  });

  it("keeps what is written when the server refuses it", async () => {
    serve(({ method }) => (method === "GET" ? ASKED : gone("VALIDATION_FAILED", 422)));
    show(<LinkedQuestion />);
    const comment = (await screen.findByLabelText("Comment")) as HTMLTextAreaElement;
    fireEvent.change(comment, { target: { value: "kept" } });
    fireEvent.click(screen.getByRole("button", { name: "Approve" }));
    expect(await screen.findByRole("alert")).toBeTruthy();
    expect((screen.getByLabelText("Comment") as HTMLTextAreaElement).value).toBe("kept");
  });
});
