import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { indented } from "./indented";

describe("JSON on several lines", () => {
  it("has an item on each", () => {
    const text = '{"a":[1,{"b":null}],"c":{},"d":[ ],"e":"x, [y]: {z}"}';
    expect(indented(text)).toBe(JSON.stringify(JSON.parse(text), null, 2));
  });

  it("means the same as before", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = JSON.stringify(value);
        expect(indented(text)).toBe(JSON.stringify(value, null, 2));
        expect(indented(JSON.stringify(value, null, 3))).toBe(JSON.stringify(value, null, 2));
      }),
    );
  });

  it("keeps numbers as they are written", () => {
    expect(indented("[1.50,12345678901234567890]")).toBe("[\n  1.50,\n  12345678901234567890\n]");
  });

  it("begins the same when it is cut, up to where it may go on", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.nat(), (value, at) => {
        const text = JSON.stringify(value);
        const part = indented(text.slice(0, at % (text.length + 1))).trimEnd();
        expect(indented(text).startsWith(part)).toBe(true);
      }),
    );
  });

  it("takes any other text too", () => {
    fc.assert(fc.property(fc.string(), (text) => typeof indented(text) === "string"));
    expect(indented("}}]")).toBe("}\n}\n]");
    expect(indented('"no end \\')).toBe('"no end \\');
  });
});
