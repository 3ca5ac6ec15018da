import cronstrue from "cronstrue";
import "cronstrue/locales/ko";
import { fieldsOf } from "./cron";
import { isZone } from "./zone";

/** An expression in words; null for what is none. */
export function cronInWords(cron: string, locale: string): string | null {
  if (!fieldsOf(cron)) return null;
  try {
    return cronstrue.toString(cron, { locale, use24HourTimeFormat: true });
  } catch {
    return null;
  }
}

/** A time by the clock of a zone, with the day and the zone's own name of it. */
export function clock(iso: string, zone: string, locale: string): string {
  const at = new Date(iso);
  const seconds = at.getUTCSeconds() > 0 ? ({ second: "2-digit" } as const) : {};
  return new Intl.DateTimeFormat(locale, {
    timeZone: isZone(zone) ? zone : "UTC",
    weekday: "short",
    year: "numeric",
    month: "short",
    day: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    ...seconds,
    hourCycle: "h23",
    timeZoneName: "short",
  }).format(at);
}
