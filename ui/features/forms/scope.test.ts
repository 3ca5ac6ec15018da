import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readable, shown, suggestions } from "./scope";

const scope = {
  input: { value: 3 },
  vars: {},
  nodes: {
    fetch: {
      output: { status: 200, rows: [{ name: "a", sizes: [1, { wide: true }] }], none: null },
    },
    sum_up: { output: "done" },
  },
};

const labels = (before: string) => suggestions(before, scope)?.options.map((each) => each.label);
const typed = (before: string) => before.slice(suggestions(before, scope)?.from);

describe("suggestions in an expression", () => {
  it("there are none outside of braces", () => {
    for (const text of [
      "",
      "nodes.",
      "{ nodes.",
      "{{ input }}",
      "{{ input }} and nodes.",
      "a | up",
    ])
      expect(suggestions(text, scope)).toBeNull();
  });

  it("there are none in any text without open braces", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        fc.pre(!text.includes("{{"));
        expect(suggestions(text, scope)).toBeNull();
        expect(suggestions(`{{ input.value }}${text}`, scope)).toBeNull();
      }),
    );
  });

  it("it begins with the roots", () => {
    expect(labels("{{")).toEqual(["input", "vars", "nodes"]);
    expect(labels("text {{ ")).toEqual(["input", "vars", "nodes"]);
    expect(labels("{{ input }} then {{ no")).toEqual(["input", "vars", "nodes"]);
    expect(typed("{{ no")).toBe("no");
    expect(typed("{{ ")).toBe("");
  });

  it("a path may begin anywhere in the expression", () => {
    expect(labels("{{ 1 + input.")).toEqual(["value"]);
    expect(labels("{{ (input.")).toEqual(["value"]);
    expect(labels("{{ not nodes.")).toEqual(["fetch", "sum_up"]);
    expect(labels("{{ input.value + ")).toEqual(["input", "vars", "nodes"]);
  });

  it("after nodes come the keys of nodes", () => {
    expect(labels("{{ nodes.")).toEqual(["fetch", "sum_up"]);
    expect(labels("{{ nodes.su")).toEqual(["fetch", "sum_up"]);
    expect(typed("{{ nodes.su")).toBe("su");
  });

  it("after a node comes its output, and then the fields of that", () => {
    expect(labels("{{ nodes.fetch.")).toEqual(["output"]);
    expect(labels("{{ nodes.fetch.output.")).toEqual(["status", "rows", "none"]);
    expect(typed("{{ nodes.fetch.output.st")).toBe("st");
  });

  it("it goes through lists by their index", () => {
    expect(labels("{{ nodes.fetch.output.rows[0].")).toEqual(["name", "sizes"]);
    expect(labels("{{ nodes.fetch.output.rows.0.")).toEqual(["name", "sizes"]);
    expect(labels("{{ nodes.fetch.output.rows[0].sizes[1].")).toEqual(["wide"]);
    expect(labels("{{ nodes.fetch.output.rows[0].sizes[1].w")).toEqual(["wide"]);
    expect(labels("{{ nodes.fetch.output.rows[7].")).toEqual([]);
  });

  it("what is unknown or has no fields suggests nothing", () => {
    for (const path of ["gone.", "nodes.gone.output.", "nodes.sum_up.output.", "input.value."])
      expect(labels(`{{ ${path}`)).toEqual([]);
    expect(labels("{{ nodes.fetch.output.none.")).toEqual([]);
    expect(labels("{{ nodes.fetch.output.rows.")).toEqual([]);
    expect(labels("{{ constructor.")).toEqual([]);
    expect(labels("{{ __proto__.")).toEqual([]);
  });

  it("after a bar come filters", () => {
    expect(labels("{{ input.value | ")).toEqual(
      expect.arrayContaining(["default", "upper", "sum"]),
    );
    expect(labels("{{ input.value|")).toContain("round");
    expect(typed("{{ input.value | up")).toBe("up");
    expect(suggestions("{{ input.value | up", scope)?.options[0]?.kind).toBe("function");
  });

  it("after a filter's bracket come the roots again", () => {
    expect(labels("{{ input.value | default(")).toEqual(["input", "vars", "nodes"]);
    expect(labels("{{ input.value | default(nodes.")).toEqual(["fetch", "sum_up"]);
  });

  it("the place where a suggestion goes lies within the text", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(..."nodes.fetch[0]| {}(") }), (text) => {
        const found = suggestions(`{{ ${text}`, scope);
        if (!found) return;
        expect(found.from).toBeGreaterThanOrEqual(2);
        expect(found.from).toBeLessThanOrEqual(text.length + 3);
      }),
    );
  });

  it("a suggestion shows a sample of its value", () => {
    const [status] = suggestions("{{ nodes.fetch.output.", scope)?.options ?? [];
    expect(status).toEqual({ label: "status", detail: "200", kind: "property" });
  });

  it("after a dot behind a bracket or a text, roots are not suggested", () => {
    for (const text of ["{{ (input.value).", '{{ "text".', "{{ 3."])
      expect(labels(text) ?? []).not.toContain("nodes");
  });

  it("a list's closing bracket is not taken for part of a name", () => {
    expect(suggestions("{{ [input]", scope)).toBeNull();
  });
});

describe("what a tool's texts can name besides", () => {
  const inConfiguration = readable({
    values: scope,
    secrets: ["API_KEY", "other"],
    inputs: { symbol: "{{ input.value }}" },
  });
  const labelsOf = (before: string) =>
    suggestions(before, inConfiguration)?.options.map((each) => each.label);

  it("are its inputs and secrets, by name and without values", () => {
    expect(labelsOf("{{ ")).toEqual(["input", "vars", "nodes", "inputs", "secrets"]);
    expect(labelsOf("{{ inputs.")).toEqual(["symbol"]);
    expect(labelsOf("Bearer {{ secrets.")).toEqual(["API_KEY", "other"]);
    expect(suggestions("{{ secrets.", inConfiguration)?.options[0]?.detail).toBe("•••");
  });

  it("a secret is offered alone between its braces only", () => {
    for (const before of ["{{ 1 + ", "{{ (", "{{ input.value | default("])
      expect(labelsOf(before)).toEqual(["input", "vars", "nodes", "inputs"]);
    expect(labelsOf('{{ "a" ~ secrets.')).toEqual([]);
  });

  it("is not there for other nodes", () => {
    expect(readable({ values: scope })).toEqual(scope);
    expect(labels("{{ secrets.")).toEqual([]);
    expect(labels("{{ inputs.")).toEqual([]);
  });

  it("with no secrets yet, the name is known", () => {
    expect(readable({ values: {}, secrets: [] })).toEqual({ secrets: {} });
  });
});

describe("a value in a few characters", () => {
  it("texts stand as they are, other values as JSON", () => {
    expect(shown("a b")).toBe("a b");
    expect(shown({ a: [1] })).toBe('{"a":[1]}');
    expect(shown(null)).toBe("null");
    expect(shown(undefined)).toBe("");
  });

  it("it is never longer than asked", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.integer({ min: 1, max: 50 }), (value, most) => {
        expect(shown(value as never, most).length).toBeLessThanOrEqual(most);
      }),
    );
  });
});
