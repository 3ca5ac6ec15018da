import { expect, it } from "vitest";
import { firstInputs } from "./first-inputs";

it("inputs begin with defaults and with what is required", () => {
  expect(
    firstInputs({
      type: "object",
      $defs: { Mode: { enum: ["fast", "slow"] } },
      properties: {
        symbol: { type: "string" },
        limit: { type: "integer", minimum: 1 },
        mode: { $ref: "#/$defs/Mode" },
        page: { type: "integer", default: 5 },
        note: { type: "string" },
        none: { type: ["string", "null"], default: null },
        at: { type: "object", properties: { day: { type: "string" } }, required: ["day"] },
        rows: { type: "array" },
      },
      required: ["symbol", "limit", "mode", "at", "rows"],
    }),
  ).toEqual({ symbol: "", limit: 1, mode: "fast", page: 5, at: { day: "" }, rows: [] });
});

it("a schema that needs itself ends", () => {
  const node = { type: "object", properties: { next: { $ref: "#/$defs/N" } }, required: ["next"] };
  expect(firstInputs({ ...node, $defs: { N: node } })).toEqual({
    next: { next: { next: { next: {} } } },
  });
});

it("nothing is known of no schema", () => {
  expect(firstInputs(null)).toEqual({});
});
