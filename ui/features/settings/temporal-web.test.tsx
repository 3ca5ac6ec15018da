import { fireEvent, screen, waitFor } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { type Call, serve, show, signInAs } from "@/test/world";
import { TemporalWeb } from "./temporal-web";

function server(payloads_encrypted: boolean, ui: string | null): Call[] {
  return serve(({ path }) =>
    path === "/api/v1/system/info"
      ? { payloads_encrypted, temporal: { namespace: "default", ui } }
      : new Response(null, { status: 204 }),
  );
}

describe("what Temporal Web may show", () => {
  it("an administrator lets it show values in this browser", async () => {
    signInAs("admin");
    const calls = server(true, "http://localhost:8233");
    show(<TemporalWeb />);
    const web = await screen.findByRole("link", { name: "Temporal Web" });
    expect(web.getAttribute("href")).toBe("http://localhost:8233");
    expect(screen.getByText(`${location.origin}/api/v1/codec`)).toBeTruthy();
    expect(screen.getByText("Include cross-origin credentials")).toBeTruthy();
    fireEvent.click(screen.getByRole("button", { name: "Let Temporal Web show values" }));
    expect(await screen.findByText(/for the next 12 hours/)).toBeTruthy();
    expect(calls.at(-1)).toMatchObject({ method: "POST", path: "/api/v1/codec/session" });
  });

  it("is not asked where nothing is encrypted", async () => {
    signInAs("admin");
    const calls = server(false, "http://localhost:8233");
    show(<TemporalWeb />);
    await waitFor(() => expect(calls).toHaveLength(1));
    expect(screen.queryByRole("button")).toBeNull();
  });

  it("is not for others", async () => {
    signInAs("editor");
    const calls = server(true, "http://localhost:8233");
    show(<TemporalWeb />);
    await Promise.resolve();
    expect(calls).toEqual([]);
    expect(screen.queryByRole("button")).toBeNull();
  });

  it("where its address is not known, it says what to set", async () => {
    signInAs("admin");
    server(true, null);
    show(<TemporalWeb />);
    expect(await screen.findByText(/PASTETRADER_TEMPORAL_UI/)).toBeTruthy();
    expect(screen.queryByRole("link")).toBeNull();
  });
});
