import { expect, it } from "vitest";
import { schemaRows } from "./schema-rows";

it("a schema becomes a line for each field, those of inner objects behind it", () => {
  const rows = schemaRows({
    type: "object",
    $defs: { Zone: { type: "string", enum: ["UTC", "Asia/Seoul"] } },
    properties: {
      zone: { $ref: "#/$defs/Zone", description: "Where." },
      count: { type: "integer", minimum: 1, maximum: 9, default: 3 },
      tags: { type: "array", items: { type: "string" } },
      either: { anyOf: [{ type: "string" }, { type: "integer" }] },
      any: {},
      at: {
        type: "object",
        properties: { day: { type: "string", format: "date" } },
        required: ["day"],
      },
      rows: { type: "array", items: { type: "object", properties: { id: { type: "number" } } } },
    },
    required: ["zone"],
  });
  expect(rows).toEqual([
    { name: "zone", type: '"UTC" | "Asia/Seoul"', required: true, text: "Where." },
    { name: "count", type: "integer", required: false, text: "1–9, = 3" },
    { name: "tags", type: "string[]", required: false, text: "" },
    { name: "either", type: "string | integer", required: false, text: "" },
    { name: "any", type: "any", required: false, text: "" },
    { name: "at", type: "object", required: false, text: "" },
    { name: "at.day", type: "string", required: true, text: "date" },
    { name: "rows", type: "object[]", required: false, text: "" },
    { name: "rows[].id", type: "number", required: false, text: "" },
  ]);
});

it("a schema that goes on for ever ends", () => {
  const rows = schemaRows({
    type: "object",
    $defs: { Tree: { type: "object", properties: { left: { $ref: "#/$defs/Tree" } } } },
    properties: { root: { $ref: "#/$defs/Tree" } },
  });
  expect(rows.map(({ name }) => name)).toEqual([
    "root",
    "root.left",
    "root.left.left",
    "root.left.left.left",
    "root.left.left.left.left",
  ]);
});

it("a schema without fields has no lines", () => {
  expect(schemaRows({ type: "object" })).toEqual([]);
});

it("a type that holds itself ends too", () => {
  const rows = schemaRows({
    type: "object",
    $defs: {
      List: { type: "array", items: { $ref: "#/$defs/List" } },
      Some: { anyOf: [{ $ref: "#/$defs/Some" }, { type: "string" }] },
    },
    properties: { list: { $ref: "#/$defs/List" }, some: { $ref: "#/$defs/Some" } },
  });
  expect(rows.map(({ type }) => type)).toEqual([
    "any[][][][][]",
    expect.stringContaining("string"),
  ]);
});
