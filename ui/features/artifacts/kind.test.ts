import { expect, it } from "vitest";
import { kindOf } from "./kind";

it.each([
  ["application/json", "json"],
  ["application/problem+json; charset=utf-8", "json"],
  ["text/csv", "table"],
  ["Text/CSV; charset=utf-8", "table"],
  ["text/tab-separated-values", "table"],
  ["text/plain", "text"],
  ["text/markdown", "text"],
  ["text/html", "text"],
  ["application/yaml", "text"],
  ["application/jsonl", "text"],
  ["application/atom+xml", "text"],
  ["image/png", "picture"],
  ["image/svg+xml", "picture"],
  ["image/tiff", "other"],
  ["audio/wav", "sound"],
  ["application/pdf", "other"],
  ["application/octet-stream", "other"],
  ["", "other"],
])("%s is shown as %s", (type, kind) => {
  expect(kindOf(type)).toBe(kind);
});
