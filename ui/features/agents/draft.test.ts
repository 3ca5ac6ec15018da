import { describe, expect, it } from "vitest";
import { differences } from "@/features/registry";
import { sameJson } from "@/lib/same-json";
import type { Agent } from "./api";
import { contentOf, type Draft, draftOf, emptyDraft, partsOf, withDocument } from "./draft";

const AGENT = {
  id: "a",
  owner_id: "u",
  name: "trader",
  description: null,
  is_public: true,
  version: 3,
  created_at: "2026-01-01T00:00:00Z",
  updated_at: "2026-01-01T00:00:00Z",
  config: {
    provider: "openai",
    model: "gpt-5.4-mini",
    base_url: null,
    auth_mode: null,
    api_key: "{{ secrets.KEY }}",
    system: null,
    output_schema: null,
    memory: "window",
    window: null,
    parameters: { temperature: 0.5, seed: null },
    budgets: { max_turns: 25, max_tokens: null },
    tools: [
      {
        name: "buy",
        tool: "place order",
        config: null,
        workflow: null,
        agent: null,
        description: null,
        input_schema: null,
        timeout_seconds: 300,
        sensitive: true,
        approval_seconds: 3600,
      },
    ],
  },
} as unknown as Agent;

const same = (a: Draft, b: Draft) => sameJson(contentOf(a), contentOf(b));

describe("an agent's draft", () => {
  it("holds what was stored, without what it leaves open", () => {
    expect(draftOf(AGENT).settings).toEqual({
      provider: "openai",
      model: "gpt-5.4-mini",
      api_key: "{{ secrets.KEY }}",
      memory: "window",
      parameters: { temperature: 0.5 },
      budgets: { max_turns: 25 },
      tools: [
        {
          name: "buy",
          tool: "place order",
          timeout_seconds: 300,
          sensitive: true,
          approval_seconds: 3600,
        },
      ],
    });
    expect(same(draftOf(AGENT), draftOf(AGENT))).toBe(true);
  });

  it("says that it has no tools, for those that were stored would stay", () => {
    const { settings, ...draft } = draftOf(AGENT);
    const { tools: _tools, ...rest } = settings;
    expect(contentOf({ ...draft, settings: rest }).config.tools).toEqual([]);
    expect(same({ ...draft, settings: rest }, { ...draft, settings })).toBe(false);
  });

  it("a name without its blanks, and no description, are what is sent", () => {
    const content = contentOf({ ...emptyDraft(), name: "  a ", description: " " });
    expect(content).toMatchObject({ name: "a", description: null });
  });

  it("differs setting by setting", () => {
    const mine = draftOf(AGENT);
    const changed = { ...mine, settings: { ...mine.settings, model: "other", system: "You." } };
    expect(differences(partsOf(mine), partsOf(changed))).toEqual([
      { part: "model", theirs: "gpt-5.4-mini", mine: "other" },
      { part: "system", theirs: undefined, mine: "You." },
    ]);
  });
});

describe("an agent as a document", () => {
  it("is read as it is written", () => {
    const draft = draftOf(AGENT);
    const read = withDocument(JSON.parse(JSON.stringify(contentOf(draft))));
    expect(read && same(read, draft)).toBe(true);
  });

  it.each([
    ["no object", []],
    ["no config", { name: "a" }],
    ["no model", { name: "a", config: { provider: "openai" } }],
    ["a name that is no text", { name: 1, config: { provider: "openai", model: "m" } }],
    ["tools that are no list", { name: "a", config: { provider: "o", model: "m", tools: {} } }],
    ["a tool without a name", { name: "a", config: { provider: "o", model: "m", tools: [{}] } }],
  ])("%s is none", (_what, document) => {
    expect(withDocument(document as never)).toBeNull();
  });
});
