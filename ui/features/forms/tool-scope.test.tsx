import { fireEvent, screen, waitFor } from "@testing-library/react";
import { describe, expect, it, vi } from "vitest";
import { serve, show } from "@/test/world";
import { InsertSecret } from "./insert-secret";
import { Preview } from "./preview";
import { readable, ScopeContext, useScope } from "./scope";
import { ToolScope, WithoutInputs } from "./tool-scope";

/** A server with two pages of secrets, and an engine that gives every template back. */
function server() {
  return serve(({ path, body }) => {
    if (path.includes("cursor=")) return { items: [{ name: "B" }], next_cursor: null };
    if (path.startsWith("/api/v1/secrets")) return { items: [{ name: "A" }], next_cursor: "next" };
    return { ok: true, value: (body as { template: unknown }).template, error: null };
  });
}

function Readable() {
  return <output>{JSON.stringify(readable(useScope()))}</output>;
}

const HIDDEN = "•••";

describe("what texts of a tool can read", () => {
  it("is every secret, on whatever page, and the inputs in the configuration", async () => {
    server();
    show(
      <ScopeContext value={{ values: { vars: {} } }}>
        <ToolScope inputs={{ x: "{{ vars.x }}" }}>
          <Readable />
        </ToolScope>
      </ScopeContext>,
    );
    const expected = { vars: {}, inputs: { x: "{{ vars.x }}" }, secrets: { A: HIDDEN, B: HIDDEN } };
    await waitFor(() =>
      expect(JSON.parse(screen.getByRole("status").textContent ?? "")).toEqual(expected),
    );
  });

  it("inputs read secrets, but no other inputs", async () => {
    server();
    show(
      <ToolScope inputs={{ x: 1 }}>
        <WithoutInputs>
          <Readable />
        </WithoutInputs>
      </ToolScope>,
    );
    await waitFor(() =>
      expect(JSON.parse(screen.getByRole("status").textContent ?? "")).toEqual({
        secrets: { A: HIDDEN, B: HIDDEN },
      }),
    );
  });
});

it("the preview shows a secret by its name, and marks one that is not there", async () => {
  server();
  show(
    <ToolScope>
      <Preview template="Bearer {{ secrets.A }} {{ secrets.GONE }}" />
    </ToolScope>,
  );
  const known = await screen.findByText("{{ secrets.A }}");
  await waitFor(() => expect(known.getAttribute("title")).toBeNull());
  expect(known.closest("p")?.textContent).toContain("= Bearer {{ secrets.A }} {{ secrets.GONE }}");
  const gone = screen.getByText("{{ secrets.GONE }}");
  expect(gone.getAttribute("title")).toBe("There is no secret of this name.");
});

describe("the list of secrets beside a field", () => {
  it("inserts the one that is chosen", async () => {
    const insert = vi.fn();
    show(<InsertSecret label="token" names={["A", "B"]} onInsert={insert} />);
    fireEvent.keyDown(screen.getByRole("button", { name: "Insert a secret: token" }), {
      key: "Enter",
    });
    fireEvent.click(await screen.findByRole("menuitem", { name: "B" }));
    expect(insert).toHaveBeenCalledWith("B");
  });

  it("is not there without any", () => {
    show(<InsertSecret label="token" names={[]} onInsert={() => {}} />);
    expect(screen.queryByRole("button")).toBeNull();
  });
});
