import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { type Call, refusal, serve, show, signInAs } from "@/test/world";
import type { Secret } from "./api";
import { Secrets } from "./secrets";

const VALUE = "a-very-secret-value";
const NOW = "2026-05-01T12:00:00Z";

function secret(name: string, more: Partial<Secret> = {}): Secret {
  return {
    name,
    description: null,
    created_at: NOW,
    updated_at: NOW,
    last_used_at: null,
    ...more,
  };
}

/** A server with these secrets; what else is asked of it, `other` answers. */
function secrets(items: Secret[], other: (call: Call) => unknown = () => ({})): Call[] {
  return serve((call) => (call.method === "GET" ? { items, next_cursor: null } : other(call)));
}

const button = (name: string) => screen.getByRole("button", { name });
const row = async (name: string) => (await screen.findByText(name)).closest("tr") as HTMLElement;
const changes = (calls: Call[]) => calls.filter(({ method }) => method !== "GET");

function fill(label: string, value: string): void {
  fireEvent.change(within(screen.getByRole("dialog")).getByLabelText(new RegExp(`^${label}`)), {
    target: { value },
  });
}

beforeEach(() => signInAs("editor"));

describe("the list of secrets", () => {
  it("says when each was used last, and never a value", async () => {
    secrets([secret("A", { description: "for the bank" }), secret("B", { last_used_at: NOW })]);
    show(<Secrets />);
    expect((await row("A")).textContent).toContain("for the bank");
    expect((await row("A")).textContent).toContain("never");
    expect(within(await row("B")).getAllByRole("time")).toHaveLength(2);
  });

  it("copies how a secret is written in a text", async () => {
    secrets([secret("A")]);
    const writeText = vi.fn(async () => {});
    vi.stubGlobal("navigator", { ...navigator, clipboard: { writeText } });
    show(<Secrets />);
    fireEvent.click(await screen.findByRole("button", { name: "Copy the reference to A" }));
    await waitFor(() => expect(writeText).toHaveBeenCalledWith("{{ secrets.A }}"));
  });

  it("without any, it explains what they are for", async () => {
    secrets([]);
    show(<Secrets />);
    expect(await screen.findByText("No secrets yet")).toBeTruthy();
    expect(screen.getByText("{{ secrets.NAME }}")).toBeTruthy();
  });

  it("viewers only look", async () => {
    signInAs("viewer");
    secrets([secret("A")]);
    show(<Secrets />);
    await row("A");
    const buttons = within(screen.getByRole("main")).getAllByRole("button");
    const names = buttons.map((each) => each.getAttribute("aria-label"));
    expect(names).toEqual(["Copy the reference to A"]);
  });
});

describe("a new secret", () => {
  it("is sent once, and its value kept nowhere", async () => {
    const calls = secrets([], () => secret("API_KEY"));
    show(<Secrets />);
    fireEvent.click(button("New secret"));
    fill("Name", "API_KEY");
    fill("Value", VALUE);
    fill("Description", " for the bank ");
    fireEvent.click(button("Save"));
    await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
    expect(changes(calls)).toMatchObject([
      {
        method: "PUT",
        path: "/api/v1/secrets/API_KEY",
        body: { value: VALUE, description: "for the bank" },
      },
    ]);
    expect(document.body.innerHTML).not.toContain(VALUE);
    expect(await screen.findByText("API_KEY is saved.")).toBeTruthy();
  });

  it("is not taken for one that is there already", async () => {
    const calls = secrets([secret("API_KEY")]);
    show(<Secrets />);
    await row("API_KEY");
    fireEvent.click(button("New secret"));
    fill("Name", "API_KEY");
    fill("Value", VALUE);
    expect(screen.getByRole("alert").textContent).toContain("Replace that one");
    fireEvent.click(button("Save"));
    expect(changes(calls)).toEqual([]);
  });

  it("that the server refuses stays in the form, with the reason", async () => {
    secrets([], () => refusal(422, "a secret has 6 characters to 64 KiB"));
    show(<Secrets />);
    fireEvent.click(button("New secret"));
    fill("Name", "A");
    fill("Value", VALUE);
    fireEvent.click(button("Save"));
    expect((await screen.findByRole("alert")).textContent).toContain("6 characters to 64 KiB");
  });

  it("is hidden while it is typed, unless one asks", () => {
    secrets([]);
    show(<Secrets />);
    fireEvent.click(button("New secret"));
    const field = () => within(screen.getByRole("dialog")).getByLabelText(/^Value/);
    expect(field().getAttribute("type")).toBe("password");
    expect(field().getAttribute("autocomplete")).toBe("off");
    fireEvent.click(button("Show the value"));
    expect(field().getAttribute("type")).toBe("text");
    fireEvent.click(button("Hide the value"));
    expect(field().getAttribute("type")).toBe("password");
  });

  it("keeps the lines of a key that is pasted", async () => {
    const key = "-----BEGIN KEY-----\nabc\n-----END KEY-----\n";
    const calls = secrets([], () => secret("PEM"));
    show(<Secrets />);
    fireEvent.click(button("New secret"));
    fill("Name", "PEM");
    fireEvent.paste(within(screen.getByRole("dialog")).getByLabelText(/^Value/), {
      clipboardData: { getData: () => key },
    });
    const several = screen.getByRole("checkbox", { name: /Several lines/ }) as HTMLInputElement;
    expect([several.checked, several.disabled]).toEqual([true, true]);
    fireEvent.click(button("Save"));
    await waitFor(() => expect(changes(calls)).toMatchObject([{ body: { value: key } }]));
  });
});

describe("a secret that is there", () => {
  it("is replaced without its old value being shown", async () => {
    const calls = secrets([secret("A", { description: "old" })], () => secret("A"));
    show(<Secrets />);
    await row("A");
    fireEvent.click(button("Replace A"));
    const dialog = within(screen.getByRole("dialog"));
    expect((dialog.getByLabelText(/^Value/) as HTMLInputElement).value).toBe("");
    expect((dialog.getByLabelText("Description") as HTMLInputElement).value).toBe("old");
    fill("Value", VALUE);
    fireEvent.click(button("Replace"));
    await waitFor(() =>
      expect(changes(calls)).toMatchObject([
        { path: "/api/v1/secrets/A", body: { value: VALUE, description: "old" } },
      ]),
    );
  });

  it("is deleted after a warning", async () => {
    const calls = secrets([secret("A")], () => new Response(null, { status: 204 }));
    show(<Secrets />);
    await row("A");
    fireEvent.click(button("Delete A"));
    expect(screen.getByRole("dialog").textContent).toContain("Tools that name it fail");
    fireEvent.click(button("Delete"));
    await waitFor(() =>
      expect(changes(calls)).toMatchObject([{ method: "DELETE", path: "/api/v1/secrets/A" }]),
    );
  });
});

describe("rotating the key", () => {
  it("is for administrators only", async () => {
    secrets([]);
    show(<Secrets />);
    await screen.findByText("No secrets yet");
    expect(screen.queryByRole("button", { name: "More" })).toBeNull();
  });

  it("says what it does, and how many secrets it moved", async () => {
    signInAs("admin");
    secrets([], () => ({ key_id: "second", rotated: 3 }));
    show(<Secrets />);
    fireEvent.keyDown(button("More"), { key: "Enter" });
    fireEvent.click(await screen.findByRole("menuitem", { name: /Rotate/ }));
    expect(screen.getByRole("dialog").textContent).toContain("Values do not change");
    fireEvent.click(button("Rotate"));
    expect(await screen.findByText("3 secrets are under the key second now.")).toBeTruthy();
  });
});
