import fc from "fast-check";
import { expect, it } from "vitest";
import { decoded } from "./text";

const encoder = new TextEncoder();

it("a text in pieces is put together, wherever a character is cut", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), fc.integer({ min: 1, max: 5 }), (text, size) => {
      const bytes = encoder.encode(text);
      const pieces = [];
      for (let at = 0; at < bytes.length; at += size)
        pieces.push({ bytes: bytes.slice(at, at + size), total: bytes.length });
      // A byte order mark at the beginning is no part of the text.
      expect(decoded(pieces, true)).toBe(text.replace(/^\uFEFF/, ""));
    }),
  );
});

it("half a character is not shown until the rest comes", () => {
  const [first, ...rest] = encoder.encode("é");
  const half = { bytes: new Uint8Array([0x61, first as number]), total: 3 };
  expect(decoded([half], false)).toBe("a");
  expect(decoded([half, { bytes: new Uint8Array(rest), total: 3 }], true)).toBe("aé");
  expect(decoded([half], true)).toBe("a\uFFFD");
});
