import { beforeEach, describe, expect, it, vi } from "vitest";
import { ago, between, byteSize, duration } from "./format";

const NOW = Date.parse("2026-05-01T12:00:00Z");

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOW });
});

describe("a duration", () => {
  it.each([
    [null, "—"],
    [undefined, "—"],
    [0, "0 ms"],
    [0.4, "0 ms"],
    [950, "950 ms"],
    [999, "999 ms"],
    [1_000, "1.0 s"],
    [1_250, "1.3 s"],
    [9_940, "9.9 s"],
    [10_000, "10 s"],
    [59_000, "59 s"],
    [60_000, "1 m"],
    [65_000, "1 m 5 s"],
    [3_600_000, "1 h"],
    [3_660_000, "1 h 1 m"],
    [3_725_000, "1 h 2 m"],
    [86_400_000, "1 d"],
    [90_061_000, "1 d 1 h"],
  ])("%s is %s", (ms, text) => {
    expect(duration(ms)).toBe(text);
  });

  it.each([
    [999.6, "1.0 s"],
    [9_990, "10 s"],
    [59_600, "1 m"],
  ])("%s is rounded up into the next unit: %s", (ms, text) => {
    expect(duration(ms)).toBe(text);
  });
});

describe("the time between", () => {
  it("two moments", () => {
    expect(between("2026-01-01T00:00:00Z", "2026-01-01T00:00:01.500Z")).toBe(1_500);
  });

  it("one moment and now", () => {
    expect(between("2026-05-01T11:59:00Z", null)).toBe(60_000);
  });

  it("nothing and anything is not known", () => {
    expect(between(null, null)).toBeNull();
    expect(between(null, "2026-01-01T00:00:00Z")).toBeNull();
  });
});

describe("how long ago", () => {
  const secondsAgo = (seconds: number) => new Date(NOW - seconds * 1_000).toISOString();

  it.each([
    [0, "now"],
    [0.3, "now"],
    [5, "5 seconds ago"],
    [180, "3 minutes ago"],
    [7_200, "2 hours ago"],
    [86_400, "yesterday"],
    [864_000, "10 days ago"],
    [-120, "in 2 minutes"],
  ])("%s seconds ago is %s", (seconds, text) => {
    expect(ago(secondsAgo(seconds), "en")).toBe(text);
  });

  it("it is told in the reader's language", () => {
    expect(ago(secondsAgo(180), "ko")).toBe("3분 전");
  });

  it.each([
    [59.8, "1 minute ago"],
    [3_599, "1 hour ago"],
    [86_399, "yesterday"],
  ])("%s seconds are rounded up into the next unit: %s", (seconds, text) => {
    expect(ago(secondsAgo(seconds), "en")).toBe(text);
  });
});

describe("a size", () => {
  it.each([
    [0, "0 B"],
    [1_023, "1023 B"],
    [1_024, "1.0 KiB"],
    [1_536, "1.5 KiB"],
    [1_048_570, "1.0 MiB"],
    [268_435_456, "256.0 MiB"],
    [5_497_558_138_880, "5120.0 GiB"],
  ])("%s bytes are %s", (bytes, text) => {
    expect(byteSize(bytes)).toBe(text);
  });
});
