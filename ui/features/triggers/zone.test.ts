import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { instantOf, isZone, wallTime, zones } from "./zone";

const ZONES = ["UTC", "Asia/Seoul", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"];

describe("the clock on the wall", () => {
  it.each([
    ["2026-01-15T09:00", "Asia/Seoul", "2026-01-15T00:00:00.000Z"],
    ["2026-01-15T09:00", "Europe/Berlin", "2026-01-15T08:00:00.000Z"],
    ["2026-07-15T09:00", "Europe/Berlin", "2026-07-15T07:00:00.000Z"],
    ["2026-01-15T09:00", "Pacific/Kiritimati", "2026-01-14T19:00:00.000Z"],
  ])("%s in %s is %s", (wall, zone, iso) => {
    expect(instantOf(wall, zone)).toBe(iso);
    expect(wallTime(iso, zone)).toBe(wall);
  });

  it("takes the first of an hour that comes twice", () => {
    expect(instantOf("2026-10-25T02:30", "Europe/Berlin")).toBe("2026-10-25T00:30:00.000Z");
  });

  it("goes past an hour that is left out", () => {
    const found = instantOf("2026-03-29T02:30", "Europe/Berlin") as string;
    expect(found).toBe("2026-03-29T01:30:00.000Z");
    expect(wallTime(found, "Europe/Berlin")).toBe("2026-03-29T03:30");
  });

  it("shows again what was written, but for what is left out", () => {
    const minutes = fc.integer({ min: 0, max: 5 * 366 * 24 * 60 });
    fc.assert(
      fc.property(minutes, fc.constantFrom(...ZONES), (after, zone) => {
        const wall = new Date(Date.UTC(2024, 0, 1) + after * 60_000).toISOString().slice(0, 16);
        const shown = wallTime(instantOf(wall, zone), zone);
        const later = Date.parse(`${shown}Z`) - Date.parse(`${wall}Z`);
        expect([0, 30 * 60_000, 60 * 60_000]).toContain(later);
        if (zone === "UTC" || zone === "Asia/Seoul") expect(shown).toBe(wall);
      }),
    );
  });

  it("is that of UTC in a zone that the browser does not know", () => {
    expect(wallTime("2026-01-15T09:00:00Z", "Mars/Olympus")).toBe("2026-01-15T09:00");
    expect(instantOf("2026-01-15T09:00", "Mars/Olympus")).toBe("2026-01-15T09:00:00.000Z");
  });

  it("knows nothing of what is no time", () => {
    expect(instantOf("", "UTC")).toBeNull();
    expect(instantOf("tomorrow", "UTC")).toBeNull();
    expect(wallTime(null, "UTC")).toBe("");
  });
});

describe("the names of zones", () => {
  it("are all zones, and UTC is among them", () => {
    expect(zones()).toContain("UTC");
    expect(zones()).toContain("Asia/Seoul");
    expect(zones().filter((name) => !isZone(name))).toEqual([]);
  });

  it("old names are known, and offsets and nonsense are none", () => {
    expect(isZone("US/Eastern")).toBe(true);
    for (const each of ["", "+09:00", "Mars/Olympus"]) expect(isZone(each)).toBe(false);
  });
});
