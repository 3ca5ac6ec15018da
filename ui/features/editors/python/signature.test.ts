import { describe, expect, it } from "vitest";
import { literal } from "./literal";
import { annotated, readSignature, schemaOf } from "./signature";

function schema(code: string) {
  const found = readSignature(code);
  return found && schemaOf(found);
}

describe("the signature of main", () => {
  it("gives a required input for each parameter", () => {
    expect(schema("def main(values: list, limit: int):\n    return 1\n")).toEqual({
      type: "object",
      properties: { values: { type: "array" }, limit: { type: "integer" } },
      required: ["values", "limit"],
      additionalProperties: false,
    });
  });

  it("makes a parameter with a default optional, of the default's type", () => {
    expect(schema("def main(a, n=3, rate=0.5, name='x', on: bool = True, why=None): ...")).toEqual({
      type: "object",
      properties: {
        a: {},
        n: { type: "integer", default: 3 },
        rate: { type: "number", default: 0.5 },
        name: { type: "string", default: "x" },
        on: { type: "boolean", default: true },
        why: {},
      },
      required: ["a"],
      additionalProperties: false,
    });
  });

  it("leaves a default that would have to run alone", () => {
    expect(schema("def main(at: str = date.today().isoformat(), d=len('a,b')): ...")).toMatchObject(
      {
        properties: { at: { type: "string" }, d: {} },
      },
    );
  });

  it("may stand over several lines, with comments and texts in between", () => {
    const code = `import json

def helper(main): ...

def main(
    symbol: str,  # such as "ABC", not, two
    rows: list[dict[str, int]] = [],
    sep: str = ", (",
    *,
    since: str | None = None,
) -> dict:
    """def main(wrong):"""
    return {}
`;
    expect(schema(code)).toEqual({
      type: "object",
      properties: {
        symbol: { type: "string" },
        rows: { type: "array", items: { type: "object" }, default: [] },
        sep: { type: "string", default: ", (" },
        since: { type: ["string", "null"] },
      },
      required: ["symbol"],
      additionalProperties: false,
    });
  });

  it("takes anything with **rest, and nothing by position", () => {
    expect(schema("def main(a, /, *args, b: float, **rest): ...")).toEqual({
      type: "object",
      properties: { a: {}, b: { type: "number" } },
      required: ["a", "b"],
    });
  });

  it("of no parameters takes nothing", () => {
    expect(schema("def main():\n    pass")).toEqual({
      type: "object",
      properties: {},
      additionalProperties: false,
    });
  });

  it.each([
    "x = 1",
    "def mainly(a): ...",
    "    def main(self): ...",
    "def main(a",
    "'''\ndef main(a): ...\n'''",
    "# def main(a): ...",
  ])("is none in %j", (code) => {
    expect(readSignature(code)).toBeNull();
  });

  it("is read while it is typed", () => {
    expect(schema("def main(a: , b: int = , =, 3): ...")).toMatchObject({
      properties: { a: {}, b: { type: "integer" } },
      required: ["a"],
    });
  });
});

describe("annotations", () => {
  it.each([
    ["int", { type: "integer" }],
    ["float", { type: "number" }],
    ["'str'", { type: "string" }],
    ["list[float]", { type: "array", items: { type: "number" } }],
    ["list[Row]", { type: "array" }],
    [
      "typing.List[list[int]]",
      { type: "array", items: { type: "array", items: { type: "integer" } } },
    ],
    ["dict[str, list[int]]", { type: "object" }],
    ["Optional[bool]", { type: ["boolean", "null"] }],
    ["None | dict", { type: ["object", "null"] }],
    ["int | str", {}],
    ["Decimal", {}],
    ["", {}],
  ])("%s", (annotation, expected) => {
    expect(annotated(annotation)).toEqual(expected);
  });
});

describe("literals", () => {
  it.each([
    ["1_000", 1000],
    ["-2.5e3", -2500],
    ['"a b"', "a b"],
    ["''", ""],
    ["False", false],
    ["None", null],
    ["{}", {}],
  ])("%s", (text, expected) => {
    expect(literal(text)).toEqual(expected);
  });

  it.each(["1 + 1", "'a' + 'b'", "'it\\'s'", "12345678901234567890", "f()", "[1]", "0x10"])(
    "%s is left alone",
    (text) => {
      expect(literal(text)).toBeUndefined();
    },
  );
});
