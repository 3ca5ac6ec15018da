import { describe, expect, it } from "vitest";
import type { Json, JsonObject } from "@/features/graph";
import { type Call, serve } from "@/test/world";
import { previewed, shortened } from "./previewed";

interface Asked {
  template: Json;
  scope: JsonObject;
}

const asked = (call: Call | undefined) => call?.body as Asked;

/** A server that takes every template for its value, and `{{ inputs.token }}` for the input. */
function echo(): Call[] {
  return serve((call) => {
    const { template, scope } = asked(call);
    const token = (scope.inputs as JsonObject | undefined)?.token ?? "";
    const value =
      typeof template === "string"
        ? template.replace("{{ inputs.token }}", String(token))
        : template;
    return { ok: true, value, error: null };
  });
}

describe("the preview of a tool's text", () => {
  it("secrets stay references, and the server does not hear of them", async () => {
    const calls = echo();
    const scope = { values: { input: { a: 1 }, secrets: { KEY: "•••" } }, secrets: ["KEY"] };
    expect(await previewed("Bearer {{ secrets.KEY }}!", scope)).toEqual({
      ok: true,
      pieces: ["Bearer ", { secret: "KEY" }, "!"],
    });
    expect(calls).toHaveLength(1);
    expect(JSON.stringify(calls[0]?.body)).not.toContain("secret");
    expect(asked(calls[0]).scope).toEqual({ input: { a: 1 } });
  });

  it("one that is shown by an input stays one", async () => {
    const calls = echo();
    const scope = {
      values: {},
      secrets: ["KEY"],
      inputs: { token: "Bearer {{ secrets.KEY }}", unused: "{{ nodes.gone.output }}" },
    };
    expect(await previewed("<{{ inputs.token }}>", scope)).toEqual({
      ok: true,
      pieces: ["<Bearer ", { secret: "KEY" }, ">"],
    });
    expect(Object.keys(asked(calls[0]).template as JsonObject)).toEqual(["token"]);
    expect(calls).toHaveLength(2);
  });

  it("inputs are not asked for where none is read", async () => {
    const calls = echo();
    await previewed("{{ vars.token }}", { values: {}, inputs: { token: "x" } });
    expect(calls).toHaveLength(1);
  });

  it("where no secret may stand, the server says so", async () => {
    const calls = serve(() => ({ ok: false, value: null, error: "not here" }));
    const found = await previewed("{{ secrets.KEY }}", { values: {} });
    expect(found).toEqual({ ok: false, error: "not here" });
    expect(asked(calls[0]).template).toBe("{{ secrets.KEY }}");
  });

  it("what cannot be evaluated in an input is told", async () => {
    serve(() => ({ ok: false, value: null, error: "no such node" }));
    const scope = { values: {}, inputs: { a: "{{ nodes.x.output }}" } };
    expect(await previewed("{{ inputs.a }}", scope)).toEqual({ ok: false, error: "no such node" });
  });

  it("values are shown as JSON", async () => {
    serve(() => ({ ok: true, value: { a: [1] }, error: null }));
    expect(await previewed("{{ input }}", { values: {} })).toEqual({
      ok: true,
      pieces: ['{"a":[1]}'],
    });
  });
});

it("long pieces are cut, secrets are not", () => {
  expect(shortened(["abc", { secret: "KEY" }, "def"], 9)).toEqual([
    "abc",
    { secret: "KEY" },
    "def",
  ]);
  expect(shortened(["abc", { secret: "KEY" }, "def"], 8)).toEqual(["abc", { secret: "KEY" }, "d…"]);
  expect(shortened(["abc", { secret: "KEY" }, "def"], 4)).toEqual(["abc", { secret: "KEY" }, "…"]);
  expect(shortened(["abcdef"], 4)).toEqual(["abc…"]);
  expect(shortened([], 4)).toEqual([]);
});
