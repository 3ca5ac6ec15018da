import { describe, expect, it } from "vitest";
import { blank, blankObject, kindOfField, labelOf, resolved, type Schema } from "./schema";

const root: Schema = {
  $defs: {
    Retry: { type: "object", properties: { tries: { type: "integer", minimum: 1 } } },
    Again: { $ref: "#/$defs/Retry" },
    Mode: { enum: ["a", "b"] },
  },
};

describe("resolving a schema", () => {
  it("a reference becomes what it points to", () => {
    expect(resolved({ $ref: "#/$defs/Retry" }, root)).toEqual(root.$defs?.Retry);
  });

  it("a reference to a reference is followed", () => {
    expect(resolved({ $ref: "#/$defs/Again" }, root)).toEqual(root.$defs?.Retry);
  });

  it("what stands beside a reference wins", () => {
    const found = resolved({ $ref: "#/$defs/Retry", title: "Mine", default: {} }, root);
    expect(found).toMatchObject({ type: "object", title: "Mine", default: {} });
    expect(found).not.toHaveProperty("$ref");
  });

  it("a reference to nothing is an open schema", () => {
    expect(resolved({ $ref: "#/$defs/Gone", title: "x" }, root)).toEqual({ title: "x" });
  });

  it("a reference to itself ends", () => {
    const circle: Schema = {
      $defs: { A: { $ref: "#/$defs/B" }, B: { anyOf: [{ $ref: "#/$defs/A" }] } },
    };
    expect(resolved({ $ref: "#/$defs/A" }, circle)).toEqual({});
  });

  it("`or null` is taken off", () => {
    const schema: Schema = {
      anyOf: [{ type: "string" }, { type: "null" }],
      title: "T",
      default: null,
    };
    expect(resolved(schema, root)).toEqual({ type: "string", title: "T", default: null });
  });

  it("a reference or null becomes what it points to", () => {
    const schema: Schema = { anyOf: [{ $ref: "#/$defs/Retry" }, { type: "null" }] };
    expect(resolved(schema, root)).toEqual(root.$defs?.Retry);
  });

  it("a real choice stays a choice", () => {
    const schema: Schema = { anyOf: [{ type: "string" }, { type: "integer" }, { type: "null" }] };
    expect(resolved(schema, root)).toBe(schema);
    expect(kindOfField("x", schema, root)).toBe("json");
  });

  it("a plain schema is left as it is", () => {
    const schema: Schema = { type: "string" };
    expect(resolved(schema, root)).toBe(schema);
  });

  it("`or null` written as a list of types is taken off too", () => {
    const schema = resolved({ type: ["string", "null"] }, root);
    expect(kindOfField("x", schema, root)).toBe("text");
  });
});

describe("which editor a field gets", () => {
  const cases: [string, string, Schema, string][] = [
    ["a choice", "mode", { type: "string", enum: ["a"] }, "enum"],
    ["yes or no", "on", { type: "boolean" }, "boolean"],
    ["a whole number", "n", { type: "integer" }, "number"],
    ["a number", "n", { type: "number" }, "number"],
    ["a text", "url", { type: "string" }, "text"],
    ["code", "code", { type: "string" }, "code"],
    ["a script", "script", { type: "string" }, "code"],
    ["a template", "template", { type: "string" }, "code"],
    ["a list of texts", "list", { type: "array", items: { type: "string" } }, "list"],
    ["a list of numbers", "list", { type: "array", items: { type: "integer" } }, "list"],
    ["a list of forms", "list", { type: "array", items: { $ref: "#/$defs/Retry" } }, "forms"],
    ["a list of anything", "list", { type: "array" }, "json"],
    ["a list of lists", "list", { type: "array", items: { type: "array" } }, "json"],
    ["a schema", "input_schema", { type: "object", properties: {} }, "schema"],
    ["a form", "retry", { type: "object", properties: {} }, "form"],
    ["pairs", "headers", { type: "object", additionalProperties: { type: "string" } }, "pairs"],
    ["anything", "value", {}, "json"],
  ];
  it.each(cases)("%s", (_what, name, schema, kind) => {
    expect(kindOfField(name, schema, root)).toBe(kind);
  });
});

describe("a value to begin with", () => {
  const cases: [string, Schema, unknown][] = [
    ["the default, if there is one", { type: "string", default: "x" }, "x"],
    [
      "a default of null counts",
      { anyOf: [{ type: "string" }, { type: "null" }], default: null },
      null,
    ],
    ["a default of false counts", { type: "boolean", default: false }, false],
    ["a constant", { const: "http" }, "http"],
    ["the first of a choice", { $ref: "#/$defs/Mode" }, "a"],
    ["an empty text", { type: "string" }, ""],
    ["no", { type: "boolean" }, false],
    ["zero", { type: "integer" }, 0],
    ["the least number allowed", { type: "number", minimum: 5 }, 5],
    ["an empty list", { type: "array" }, []],
    ["an empty object", { type: "object" }, {}],
    ["null for what may be anything", {}, null],
    ["null for an empty choice", { enum: [] }, null],
  ];
  it.each(cases)("%s", (_what, schema, value) => {
    expect(blank(schema, root)).toEqual(value);
  });

  it("an object has what is required, and no more", () => {
    const schema: Schema = {
      type: "object",
      required: ["name", "retry", "gone"],
      properties: {
        name: { type: "string" },
        notes: { type: "string" },
        retry: {
          type: "object",
          required: ["tries"],
          properties: { tries: { minimum: 2, type: "integer" } },
        },
      },
    };
    expect(blankObject(schema, root)).toEqual({ name: "", retry: { tries: 2 } });
    expect(blank(schema, root)).toEqual({ name: "", retry: { tries: 2 } });
  });
});

it("a name becomes a label", () => {
  expect(labelOf("max_concurrency")).toBe("Max concurrency");
  expect(labelOf("url")).toBe("Url");
  expect(labelOf("")).toBe("");
});

describe("a number or an expression", () => {
  const number: Schema = { type: "integer", minimum: 1 };
  const expression: Schema = { type: "string", pattern: "\\{\\{" };

  it("is one field, with or without null", () => {
    expect(kindOfField("x", { anyOf: [number, expression] }, root)).toBe("amount");
    expect(kindOfField("x", { anyOf: [number, expression, { type: "null" }] }, root)).toBe(
      "amount",
    );
  });

  it("is not what takes any text", () => {
    expect(kindOfField("x", { anyOf: [number, { type: "string" }] }, root)).toBe("json");
  });
});
