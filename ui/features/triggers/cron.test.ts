import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Cadence, EVERY, MINUTE_STEPS, readCron, recast, WEEK, writeCron } from "./cron";

const minute = fc.integer({ min: 0, max: 59 });
const hour = fc.integer({ min: 0, max: 23 });
const cadences: fc.Arbitrary<Cadence> = fc.oneof(
  fc.record({ every: fc.constant("minutes" as const), minutes: fc.constantFrom(...MINUTE_STEPS) }),
  fc.record({ every: fc.constant("hour" as const), minute }),
  fc.record({ every: fc.constant("day" as const), hour, minute }),
  fc.record({
    every: fc.constant("week" as const),
    days: fc.uniqueArray(fc.constantFrom(...WEEK), { minLength: 1 }).map((days) => days.sort()),
    hour,
    minute,
  }),
  fc.record({
    every: fc.constant("month" as const),
    day: fc.integer({ min: 1, max: 31 }),
    hour,
    minute,
  }),
);

/** The minutes of a week at which five simple fields fire, by what the fields mean. */
function minutesOfWeek(cron: string): number[] {
  const [minutes = "", hours = "", , , days = ""] = cron.split(" ");
  const holds = (field: string, value: number) =>
    field === "*" ||
    field.split(",").some((part) => {
      const step = /^\*\/(\d+)$/.exec(part)?.[1];
      return step ? value % Number(step) === 0 : Number(part) === value;
    });
  return Array.from({ length: 7 * 24 * 60 }, (_each, at) => at).filter(
    (at) =>
      holds(minutes, at % 60) &&
      holds(hours, Math.floor(at / 60) % 24) &&
      holds(days, Math.floor(at / 1_440)),
  );
}

describe("what people say and a cron expression", () => {
  it("are read back as they were written", () => {
    fc.assert(
      fc.property(cadences, (cadence) => {
        expect(readCron(writeCron(cadence))).toEqual(cadence);
      }),
    );
  });

  it("an expression that is read and written again is one with the same fields", () => {
    fc.assert(
      fc.property(cadences, (cadence) => {
        const text = writeCron(cadence);
        const loose = ` ${text.replaceAll(" ", "   ")} `;
        const read = readCron(loose);
        expect(read && writeCron(read)).toBe(text);
      }),
    );
  });

  it.each([
    [{ every: "minutes", minutes: 1 }, "* * * * *"],
    [{ every: "minutes", minutes: 15 }, "*/15 * * * *"],
    [{ every: "hour", minute: 5 }, "5 * * * *"],
    [{ every: "day", hour: 9, minute: 30 }, "30 9 * * *"],
    [{ every: "week", days: [5, 1, 0], hour: 18, minute: 0 }, "0 18 * * 0,1,5"],
    [{ every: "month", day: 31, hour: 0, minute: 0 }, "0 0 31 * *"],
  ] as [Cadence, string][])("%o is %s", (cadence, text) => {
    expect(writeCron(cadence)).toBe(text);
  });

  it("every step of minutes makes pauses of that length, over the hour too", () => {
    for (const minutes of MINUTE_STEPS) {
      const times = minutesOfWeek(writeCron({ every: "minutes", minutes }));
      const pauses = times.map((at, index) => (times[index + 1] ?? 7 * 1_440) - at);
      expect(new Set(pauses)).toEqual(new Set([minutes]));
    }
  });

  it("a week fires once on each of its days, at its time", () => {
    fc.assert(
      fc.property(cadences, (cadence) => {
        fc.pre(cadence.every === "week");
        const times = minutesOfWeek(writeCron(cadence));
        expect(times).toEqual(
          cadence.days.map((day) => day * 1_440 + cadence.hour * 60 + cadence.minute),
        );
      }),
      { numRuns: 30 },
    );
  });
});

describe("expressions that people write themselves", () => {
  it.each([
    ["0 9 * * MON-FRI", [1, 2, 3, 4, 5]],
    ["0 9 * * mon,wed", [1, 3]],
    ["0 9 * * 0-2,6", [0, 1, 2, 6]],
  ])("%s names days", (text, days) => {
    expect(readCron(text)).toEqual({ every: "week", days, hour: 9, minute: 0 });
  });

  it.each([
    "",
    "* * * *",
    "* * * * * *",
    "*/7 * * * *",
    "0,30 * * * *",
    "0 9-17 * * *",
    "0 9 1 * 1",
    "0 9 * JAN *",
    "0 9 1,15 * *",
    "60 * * * *",
    "0 24 * * *",
    "0 9 32 * *",
    "0 9 * * FRI-MON",
    "0 9 * * 7",
    "@daily",
  ])("%j is none of the usual ones", (text) => {
    expect(readCron(text)).toBeNull();
  });

  it("no text makes the reader fail", () => {
    const letters = fc.constantFrom(..."0123456789*/,-? LWMONFRI");
    fc.assert(
      fc.property(fc.string({ unit: letters }), (text) => {
        const read = readCron(text);
        if (read) expect(readCron(writeCron(read))).toEqual(read);
      }),
    );
  });
});

describe("choosing another cadence", () => {
  it("keeps the time of day where both have one", () => {
    fc.assert(
      fc.property(cadences, fc.constantFrom(...EVERY), (cadence, every) => {
        const next = recast(cadence, every);
        expect(next.every).toBe(every);
        expect(readCron(writeCron(next))).toEqual(next);
        if ("minute" in cadence && "minute" in next) expect(next.minute).toBe(cadence.minute);
        if ("hour" in cadence && "hour" in next) expect(next.hour).toBe(cadence.hour);
      }),
    );
  });

  it("begins with a usual one after an expression of one's own", () => {
    expect(EVERY.map((every) => writeCron(recast(null, every)))).toEqual([
      "*/5 * * * *",
      "0 * * * *",
      "0 9 * * *",
      "0 9 * * 1,2,3,4,5",
      "0 9 1 * *",
    ]);
  });
});
