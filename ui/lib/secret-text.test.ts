import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { mapTexts, namesSecret, secretMarks, secretReference } from "./secret-text";

describe("texts that name secrets", () => {
  it.each(["{{ secrets.A }}", "Bearer {{secrets.a_1}}", { x: ["{{ secrets.A }}"] }])(
    "%j does",
    (value) => {
      expect(namesSecret(value)).toBe(true);
    },
  );

  it.each([
    "",
    "secrets.A",
    "{{ secrets }}",
    "{{ secrets.A | upper }}",
    "{{ input.secrets.A }}",
    1,
  ])("%j does not", (value) => {
    expect(namesSecret(value)).toBe(false);
  });

  it("keys of objects do not", () => {
    expect(namesSecret({ [secretReference("A")]: 1 })).toBe(false);
  });
});

describe("marks for secrets", () => {
  it("leave no reference behind, and come back as it was", () => {
    const marks = secretMarks();
    const template = { a: "Bearer {{secrets.KEY}} {{ input.x }}", b: [1, "{{ secrets.B_2 }}"] };
    const marked = marks.put(template);
    expect(JSON.stringify(marked)).not.toContain("secrets");
    expect(marked.a).toContain("{{ input.x }}");
    expect(marks.back(marked)).toEqual({
      a: "Bearer {{ secrets.KEY }} {{ input.x }}",
      b: [1, "{{ secrets.B_2 }}"],
    });
  });

  it("of another set are other ones", () => {
    const marked = secretMarks().put("{{ secrets.A }}");
    expect(secretMarks().back(marked)).toBe(marked);
  });

  it("part a text into its pieces", () => {
    const marks = secretMarks();
    expect(marks.pieces(marks.put("a {{ secrets.A }}{{ secrets.B }} b"))).toEqual([
      "a ",
      { secret: "A" },
      { secret: "B" },
      " b",
    ]);
    expect(marks.pieces("plain")).toEqual(["plain"]);
    expect(marks.pieces("")).toEqual([]);
  });

  it("change nothing else", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        fc.pre(!namesSecret(value));
        const marks = secretMarks();
        expect(marks.back(marks.put(value))).toEqual(value);
      }),
    );
  });
});

it("texts are changed at every depth", () => {
  const upper = mapTexts({ a: ["x", { b: "y" }], c: 1, d: null }, (text) => text.toUpperCase());
  expect(upper).toEqual({ a: ["X", { b: "Y" }], c: 1, d: null });
});
