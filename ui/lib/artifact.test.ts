import { describe, expect, it } from "vitest";
import { type Artifact, artifactOf, artifactsIn, fileName } from "./artifact";

const facts = {
  id: "0.1",
  size: 12,
  content_type: "text/csv",
  sha256: "3fa9c1d2e5",
  name: "table.csv",
  preview: "a,b",
};

describe("an artifact in a value", () => {
  it("is told by its key", () => {
    expect(artifactOf({ $artifact: facts })).toEqual({
      id: "0.1",
      name: "table.csv",
      type: "text/csv",
      size: 12,
      sha256: "3fa9c1d2e5",
      preview: "a,b",
      reference: { $artifact: facts },
    });
  });

  it.each([null, 1, "x", [], {}, { $artifact: null }, { $artifact: "0.1" }, { $artifact: {} }])(
    "%j is none",
    (value) => {
      expect(artifactOf(value)).toBeNull();
    },
  );

  it("is found anywhere, and once", () => {
    const other = { $artifact: { id: "0.2" } };
    const found = artifactsIn({ a: [{ $artifact: facts }, { b: other }], c: other, d: null });
    expect(found.map(({ id }) => id)).toEqual(["0.1", "0.2"]);
  });
});

describe("the name of its file", () => {
  const file = (more: object) =>
    fileName(artifactOf({ $artifact: { ...facts, ...more } }) as Artifact);

  it("is its own", () => {
    expect(file({})).toBe("table.csv");
  });

  it("else begins with its hash", () => {
    expect(file({ name: null, content_type: "application/json" })).toBe("3fa9c1d2.json");
    expect(file({ name: "", content_type: "image/PNG; a=b" })).toBe("3fa9c1d2.png");
    expect(file({ name: undefined, content_type: "application/x-new" })).toBe("3fa9c1d2");
  });
});
