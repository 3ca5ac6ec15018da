const SECONDS = { seconds: 1, minutes: 60, hours: 3_600, days: 86_400 } as const;

export type Unit = keyof typeof SECONDS;
export const UNITS = Object.keys(SECONDS) as Unit[];

export function inSeconds(count: number, unit: Unit): number {
  return count * SECONDS[unit];
}

/** The largest unit of which it is a whole number. */
export function unitOf(seconds: number | null): Unit {
  const fits = UNITS.filter((unit) => seconds !== null && seconds % SECONDS[unit] === 0);
  return (seconds ? fits.at(-1) : undefined) ?? "seconds";
}
