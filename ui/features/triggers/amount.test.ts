import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { inSeconds, UNITS, unitOf } from "./amount";

describe("a length of time", () => {
  it.each([
    [null, "seconds"],
    [0, "seconds"],
    [0.5, "seconds"],
    [90, "seconds"],
    [120, "minutes"],
    [3_600, "hours"],
    [86_400, "days"],
    [90_000, "hours"],
  ] as const)("of %s seconds is told in %s", (seconds, unit) => {
    expect(unitOf(seconds)).toBe(unit);
  });

  it("is a whole number of its unit, and of no larger one", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10_000_000 }), (seconds) => {
        const unit = unitOf(seconds);
        expect(seconds % inSeconds(1, unit)).toBe(0);
        for (const larger of UNITS.slice(UNITS.indexOf(unit) + 1))
          expect(seconds % inSeconds(1, larger)).not.toBe(0);
      }),
    );
  });
});
