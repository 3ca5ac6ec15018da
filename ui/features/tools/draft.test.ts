import { describe, expect, it } from "vitest";
import type { Json } from "@/features/graph";
import { sameJson } from "@/lib/same-json";
import type { Tool } from "./api";
import {
  builtinDraft,
  contentOf,
  type Draft,
  draftOf,
  emptyDraft,
  mcpDraft,
  runsAlike,
  withDocument,
} from "./draft";

const TOOL: Tool = {
  id: "1",
  owner_id: "me",
  name: "prices",
  description: null,
  tool_type: "http",
  config: { kind: "http", method: "GET", url: "https://example.org", query: {}, json_body: null },
  input_schema: { type: "object", properties: { symbol: { type: "string" } } },
  output_schema: null,
  is_public: true,
  rate_limit: { max_concurrent: 2, max_calls: null, per_seconds: 1 },
  version: 3,
  created_at: "2026-01-01T00:00:00Z",
  updated_at: "2026-01-01T00:00:00Z",
};

const same = (a: Draft, b: Draft) => sameJson(contentOf(a), contentOf(b));

describe("a tool as a draft", () => {
  it("comes back as it was, but for what is null in its configuration", () => {
    expect(contentOf(draftOf(TOOL))).toEqual({
      name: "prices",
      description: null,
      config: { kind: "http", method: "GET", url: "https://example.org", query: {} },
      input_schema: TOOL.input_schema,
      output_schema: null,
      is_public: true,
      rate_limit: TOOL.rate_limit,
    });
  });

  it("is the same again after a change was taken back", () => {
    const draft = draftOf(TOOL);
    const changed = {
      ...draft,
      configs: { ...draft.configs, http: { ...draft.configs.http, body: null } },
    };
    expect(same(changed, draft)).toBe(true);
    expect(same({ ...draft, name: "other" }, draft)).toBe(false);
    expect(same({ ...draft, limit: null }, draft)).toBe(false);
  });

  it("keeps what was written for another kind", () => {
    const draft = { ...draftOf(TOOL), kind: "python" as const };
    expect(contentOf(draft).config).toMatchObject({ kind: "python" });
    expect(contentOf({ ...draft, kind: "http" }).config).toMatchObject({
      url: "https://example.org",
    });
  });

  it("runs like the stored tool until what runs is changed", () => {
    const draft = draftOf(TOOL);
    expect(runsAlike({ ...draft, name: "x", shared: false, limit: null }, TOOL)).toBe(true);
    expect(runsAlike({ ...draft, input: null }, TOOL)).toBe(false);
    expect(runsAlike({ ...draft, kind: "shell" }, TOOL)).toBe(false);
  });
});

describe("drafts to begin with", () => {
  it("of every kind name their kind in the configuration", () => {
    for (const kind of ["http", "mcp", "python", "shell", "builtin"] as const)
      expect(contentOf(emptyDraft(kind)).config.kind).toBe(kind);
  });

  it("of a helper take its inputs and the options that it needs", () => {
    const draft = builtinDraft({
      name: "dataset",
      title: "Data set",
      description: "Loads one.",
      options_schema: {
        type: "object",
        properties: { name: { enum: ["stocks"] }, note: { type: "string" } },
        required: ["name"],
      },
      input_schema: { type: "object", properties: { symbol: { type: "string" } } },
      output_description: "rows",
      takes_template: true,
    });
    expect(contentOf(draft)).toMatchObject({
      name: "dataset",
      config: { kind: "builtin", name: "dataset", options: { name: "stocks" }, template: "" },
      input_schema: { properties: { symbol: { type: "string" } } },
    });
  });

  it("of an MCP tool name server and tool, and take its schema", () => {
    const schema = { type: "object", properties: { timezone: { type: "string" } } };
    const draft = mcpDraft("time", { name: "now", description: null, input_schema: schema });
    expect(contentOf(draft)).toMatchObject({
      name: "now",
      description: null,
      config: { kind: "mcp", server: "time", tool: "now" },
      input_schema: schema,
    });
  });
});

describe("a tool as one document", () => {
  it("goes there and back", () => {
    const draft = draftOf(TOOL);
    const read = withDocument(draft, JSON.parse(JSON.stringify(contentOf(draft))));
    expect(read && same(read, draft)).toBe(true);
  });

  it("may leave out what has a default", () => {
    const read = withDocument(draftOf(TOOL), {
      name: "x",
      config: { kind: "shell", script: "true" },
    });
    expect(read).toMatchObject({ kind: "shell", input: null, limit: null, shared: false });
    expect(read?.configs.http).toMatchObject({ url: "https://example.org" });
  });

  it.each<Json>([
    null,
    [],
    { name: "x" },
    { name: "x", config: { kind: "unknown" } },
    { name: 1, config: { kind: "http" } },
    { name: "x", config: { kind: "http" }, input_schema: [] },
    { name: "x", config: { kind: "http" }, is_public: "yes" },
  ])("%j is none", (document) => {
    expect(withDocument(draftOf(TOOL), document)).toBeNull();
  });
});
