import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { place, type Span, type Stretch, stretches } from "./timeline-scale";

const runs = fc
  .record({
    total: fc.integer({ min: 1, max: 10_000_000 }),
    cuts: fc.array(fc.tuple(fc.nat(), fc.nat(), fc.boolean()), { maxLength: 20 }),
  })
  .map(({ total, cuts }) => ({
    total,
    spans: cuts.map(([a, b, waits]): Span => {
      const [from, to] = [a % (total + 1), b % (total + 1)];
      return { from: Math.min(from, to), to: Math.max(from, to), waits };
    }),
  }));

const work = (from: number, to: number): Span => ({ from, to, waits: false });
const wait = (from: number, to: number): Span => ({ from, to, waits: true });
const times = (parts: Stretch[]) => parts.map(({ from, to, folded }) => [from, to, folded]);

describe("stretches of a run", () => {
  it("they cover the whole time without gaps or overlap", () => {
    fc.assert(
      fc.property(runs, ({ spans, total }) => {
        let at = 0;
        for (const part of stretches(spans, total)) {
          expect(part.from).toBe(at);
          expect(part.to).toBeGreaterThan(part.from);
          at = part.to;
        }
        expect(at).toBe(total);
      }),
    );
  });

  it("they fill the axis from 0 to 1, each with some width", () => {
    fc.assert(
      fc.property(runs, ({ spans, total }) => {
        let at = 0;
        for (const part of stretches(spans, total)) {
          expect(part.left).toBe(at);
          expect(part.right).toBeGreaterThan(part.left);
          at = part.right;
        }
        expect(at).toBeCloseTo(1, 9);
      }),
    );
  });

  it("no work ever lies in a folded stretch", () => {
    fc.assert(
      fc.property(runs, ({ spans, total }) => {
        for (const part of stretches(spans, total).filter((each) => each.folded))
          for (const span of spans.filter((each) => !each.waits))
            expect(span.to <= part.from || span.from >= part.to).toBe(true);
      }),
    );
  });

  it("a long wait between work is folded to a mark", () => {
    const parts = stretches([work(0, 1_000), wait(1_000, 61_000), work(61_000, 62_000)], 62_000);
    expect(times(parts)).toEqual([
      [0, 1_000, false],
      [1_000, 61_000, true],
      [61_000, 62_000, false],
    ]);
    expect(parts[1]).toMatchObject({ left: 0.48 });
    expect((parts[1]?.right ?? 0) - (parts[1]?.left ?? 0)).toBeCloseTo(0.04, 9);
  });

  it("a long time in which nothing is recorded is folded too, also first and last", () => {
    expect(times(stretches([work(50_000, 51_000)], 100_000))).toEqual([
      [0, 50_000, true],
      [50_000, 51_000, false],
      [51_000, 100_000, true],
    ]);
  });

  it("short waits are not folded", () => {
    expect(times(stretches([work(0, 1_000), work(3_900, 4_000)], 4_000))).toEqual([
      [0, 4_000, false],
    ]);
  });

  it("a wait that is a small part of the run is not folded", () => {
    const spans = [work(0, 50_000), wait(50_000, 60_000), work(60_000, 100_000)];
    expect(times(stretches(spans, 100_000))).toEqual([[0, 100_000, false]]);
  });

  it("work beside a wait keeps it unfolded", () => {
    expect(times(stretches([wait(0, 60_000), work(0, 60_000)], 60_000))).toEqual([
      [0, 60_000, false],
    ]);
  });

  it("spans may come in any order and overlap", () => {
    const spans = [work(61_000, 62_000), work(0, 900), work(100, 1_000), work(200, 300)];
    expect(times(stretches(spans, 62_000))[1]).toEqual([1_000, 61_000, true]);
  });

  it("a run that only waited is still drawn over the whole axis", () => {
    const parts = stretches([wait(0, 60_000)], 60_000);
    expect(parts).toEqual([{ from: 0, to: 60_000, folded: true, left: 0, right: 1 }]);
    expect(place(parts, 30_000)).toBe(0.5);
  });

  it("a run without any time has no stretches", () => {
    expect(stretches([], 0)).toEqual([]);
    expect(place([], 5)).toBe(0);
  });
});

describe("the place of a moment", () => {
  it("a later moment never lies further left", () => {
    fc.assert(
      fc.property(
        runs,
        fc.array(fc.double({ min: -0.2, max: 1.2, noNaN: true })),
        (run, shares) => {
          const parts = stretches(run.spans, run.total);
          const edges = parts.flatMap(({ from, to }) => [from, to]);
          const moments = [...shares.map((share) => share * run.total), ...edges].sort(
            (a, b) => a - b,
          );
          const places = moments.map((moment) => place(parts, moment));
          places.forEach((at, index) => {
            expect(at).toBeGreaterThanOrEqual((places[index - 1] ?? 0) - 1e-9);
            expect(at).toBeLessThanOrEqual(1 + 1e-9);
          });
        },
      ),
    );
  });

  it("the run begins at 0 and ends at 1, and nothing lies outside", () => {
    fc.assert(
      fc.property(runs, ({ spans, total }) => {
        const parts = stretches(spans, total);
        expect(place(parts, 0)).toBe(0);
        expect(place(parts, -5)).toBe(0);
        expect(place(parts, total)).toBeCloseTo(1, 9);
        expect(place(parts, total + 5)).toBeCloseTo(1, 9);
      }),
    );
  });
});
