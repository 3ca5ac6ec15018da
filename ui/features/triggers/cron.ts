/** A time that comes back, as people say it; the rest is written as an expression. */
export type Cadence =
  | { every: "minutes"; minutes: number }
  | { every: "hour"; minute: number }
  | { every: "day"; hour: number; minute: number }
  | { every: "week"; days: number[]; hour: number; minute: number }
  | { every: "month"; day: number; hour: number; minute: number };

export type Every = Cadence["every"];

export const EVERY = [
  "minutes",
  "hour",
  "day",
  "week",
  "month",
] as const satisfies readonly Every[];

/** Only these make all pauses alike: an hour begins counting anew. */
export const MINUTE_STEPS = [1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30] as const;
/** From Monday on; Sunday is 0. */
export const WEEK = [1, 2, 3, 4, 5, 6, 0] as const;

const DAY_NAMES = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

/** The expression of five fields. */
export function writeCron(cadence: Cadence): string {
  switch (cadence.every) {
    case "minutes":
      return cadence.minutes === 1 ? "* * * * *" : `*/${cadence.minutes} * * * *`;
    case "hour":
      return `${cadence.minute} * * * *`;
    case "day":
      return `${cadence.minute} ${cadence.hour} * * *`;
    case "week":
      return `${cadence.minute} ${cadence.hour} * * ${[...cadence.days].sort().join(",")}`;
    case "month":
      return `${cadence.minute} ${cadence.hour} ${cadence.day} * *`;
  }
}

/** What an expression says, if people would say it so; null for any other. */
export function readCron(text: string): Cadence | null {
  const fields = fieldsOf(text);
  if (!fields) return null;
  const [minute, hour, day, month, weekday] = fields;
  if (month !== "*") return null;
  if (hour === "*") return day === "*" && weekday === "*" ? withinHour(minute) : null;
  const at = { minute: whole(minute, 0, 59), hour: whole(hour, 0, 23) };
  if (at.minute === null || at.hour === null) return null;
  const time = { minute: at.minute, hour: at.hour };
  if (day === "*" && weekday === "*") return { every: "day", ...time };
  if (day === "*") {
    const days = daysOf(weekday);
    return days && { every: "week", days, ...time };
  }
  const date = whole(day, 1, 31);
  return date !== null && weekday === "*" ? { every: "month", day: date, ...time } : null;
}

/** One of another kind that keeps the time of day and what else both say. */
export function recast(cadence: Cadence | null, every: Every): Cadence {
  const minute = cadence && "minute" in cadence ? cadence.minute : 0;
  const hour = cadence && "hour" in cadence ? cadence.hour : 9;
  if (cadence?.every === every) return cadence;
  switch (every) {
    case "minutes":
      return { every, minutes: 5 };
    case "hour":
      return { every, minute };
    case "day":
      return { every, hour, minute };
    case "week":
      return { every, days: [1, 2, 3, 4, 5], hour, minute };
    case "month":
      return { every, day: 1, hour, minute };
  }
}

type Fields = [string, string, string, string, string];

/** The five fields, in the writing that is compared; null when there are not five. */
export function fieldsOf(text: string): Fields | null {
  const fields = text.trim().toUpperCase().split(/\s+/);
  return fields.length === 5 ? (fields as Fields) : null;
}

function withinHour(minute: string): Cadence | null {
  if (minute === "*") return { every: "minutes", minutes: 1 };
  const step = /^\*\/(\d+)$/.exec(minute)?.[1];
  const minutes = MINUTE_STEPS.find((each) => String(each) === step);
  if (minutes) return { every: "minutes", minutes };
  const at = whole(minute, 0, 59);
  return at === null ? null : { every: "hour", minute: at };
}

/** `MON-FRI` and `1,3,5` alike; null for what is no list of days. */
function daysOf(field: string): number[] | null {
  const days = new Set<number>();
  for (const part of field.split(",")) {
    const [first = null, last = first, ...more] = part.split("-").map(dayOf);
    if (first === null || last === null || more.length > 0 || last < first) return null;
    for (let day = first; day <= last; day += 1) days.add(day);
  }
  return [...days].sort();
}

function dayOf(text: string): number | null {
  const named = DAY_NAMES.indexOf(text);
  return named >= 0 ? named : whole(text, 0, 6);
}

function whole(text: string, least: number, most: number): number | null {
  if (!/^\d{1,2}$/.test(text)) return null;
  const found = Number(text);
  return found >= least && found <= most ? found : null;
}
