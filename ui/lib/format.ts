/** 950 → `950 ms`, 65_000 → `1 m 5 s`; null → an em dash. */
export function duration(ms: number | null | undefined): string {
  if (ms === null || ms === undefined) return "—";
  if (Math.round(ms) < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 9_950) return `${(ms / 1_000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1_000);
  const parts: [number, string][] = [
    [Math.floor(seconds / 86_400), "d"],
    [Math.floor((seconds % 86_400) / 3_600), "h"],
    [Math.floor((seconds % 3_600) / 60), "m"],
    [seconds % 60, "s"],
  ];
  return parts
    .filter(([count]) => count > 0)
    .slice(0, 2)
    .map(([count, unit]) => `${count} ${unit}`)
    .join(" ");
}

/** Milliseconds from one ISO time to another, or to now. */
export function between(from: string | null, to: string | null): number | null {
  if (!from) return null;
  return (to ? Date.parse(to) : Date.now()) - Date.parse(from);
}

const UNITS: [Intl.RelativeTimeFormatUnit, number][] = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
];

/** `3 minutes ago`, in the reader's language. */
export function ago(iso: string, locale: string): string {
  const seconds = (Date.parse(iso) - Date.now()) / 1_000;
  const words = new Intl.RelativeTimeFormat(locale, { numeric: "auto" });
  // The largest unit of which there is one after rounding to the unit below it.
  const below = (size: number) => (size === 60 ? 1 : size === 3_600 ? 60 : 3_600);
  for (const [unit, size] of UNITS) {
    const finer = below(size);
    if (Math.abs(Math.round(seconds / finer) * finer) >= size)
      return words.format(Math.round(seconds / size), unit);
  }
  return words.format(Math.round(seconds), "second");
}

/** 512 → `512 B`, 1_536 → `1.5 KiB`. */
export function byteSize(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB"];
  let amount = bytes;
  let unit = 0;
  // A tenth below the next unit is shown as one of it.
  while (amount >= 1_023.95 && unit < units.length - 1) {
    amount /= 1_024;
    unit += 1;
  }
  return `${unit === 0 ? amount : amount.toFixed(1)} ${units[unit]}`;
}
