/** Every time zone that the browser knows by its IANA name, and UTC. */
export function zones(): string[] {
  return [...new Set(["UTC", ...Intl.supportedValuesOf("timeZone")])].sort();
}

export function isZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    // Offsets are no zones: they know no summer time.
    return /^[A-Za-z]/.test(name);
  } catch {
    return false;
  }
}

export function ownZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** The clock on the wall at a time, as `2026-03-29T02:30`; empty for none. */
export function wallTime(iso: string | null | undefined, zone: string): string {
  if (!iso) return "";
  return new Date(wallMs(Date.parse(iso), zone)).toISOString().slice(0, 16);
}

/**
 * The time at which the clock on the wall shows `wall`; null for what is no time.
 *
 * What the clock shows twice is the first of both; what it jumps over is as long after the jump as
 * it would have been.
 */
export function instantOf(wall: string, zone: string): string | null {
  const wanted = Date.parse(`${wall}Z`);
  if (Number.isNaN(wanted)) return null;
  const offset = (at: number) => wallMs(at, zone) - at;
  // The offsets before and after any change of the clock near it.
  const before = offset(wanted - DAY_MS);
  const after = offset(wanted + DAY_MS);
  const found = [wanted - before, wanted - after]
    .filter((at) => wallMs(at, zone) === wanted)
    .sort((a, b) => a - b)[0];
  return new Date(found ?? wanted - before).toISOString();
}

const DAY_MS = 86_400_000;

function wallMs(at: number, zone: string): number {
  const format = new Intl.DateTimeFormat("en", {
    // The server may know a zone that this browser does not.
    timeZone: isZone(zone) ? zone : "UTC",
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });
  const part = Object.fromEntries(
    format.formatToParts(at).map(({ type, value }) => [type, Number(value)]),
  );
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = part;
  return Date.UTC(year, month - 1, day, hour, minute, second);
}
