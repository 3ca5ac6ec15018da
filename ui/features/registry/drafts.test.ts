import { describe, expect, it } from "vitest";
import { copyOf, differences } from "./drafts";
import type { Draft, Stored } from "./registry";

const STORED: Stored = {
  id: "1",
  owner_id: "me",
  name: "prices",
  description: null,
  is_public: true,
  version: 3,
  updated_at: "2026-01-01T00:00:00Z",
};
const draftOf = ({ name, description, is_public }: Stored): Draft => ({
  name,
  description: description ?? "",
  shared: is_public,
});

describe("a copy", () => {
  it.each([
    ["prices", "prices (2)"],
    ["prices (2)", "prices (3)"],
    ["prices (x)", "prices (x) (2)"],
  ])("of %s is named %s, and is nobody else's", (name, copied) => {
    const copy = copyOf({ draftOf }, { ...STORED, name });
    expect(copy).toEqual({ name: copied, description: "", shared: false });
  });
});

describe("the difference of two", () => {
  it("names the parts that do not say the same, with what each says", () => {
    const theirs = { name: "a", description: null, input: { b: 1, a: 2 }, limit: null };
    const mine = { name: "a", description: "new", input: { a: 2, b: 1 }, limit: {}, window: 5 };
    expect(differences(theirs, mine)).toEqual([
      { part: "description", theirs: null, mine: "new" },
      { part: "window", theirs: undefined, mine: 5 },
    ]);
  });
});
