import { sameJson } from "@/lib/same-json";
import type { Draft, Registry, Stored } from "./registry";

/** A draft of another one like this one, which nobody else sees. */
export function copyOf<S extends Stored, D extends Draft>(
  { draftOf }: Pick<Registry<S, D>, "draftOf">,
  stored: S,
): D {
  const number = /\s\((\d+)\)$/.exec(stored.name)?.[1];
  const stem = number ? stored.name.slice(0, -(number.length + 3)) : stored.name;
  return { ...draftOf(stored), name: `${stem} (${Number(number ?? 1) + 1})`, shared: false };
}

export interface Difference {
  part: string;
  theirs: unknown;
  mine: unknown;
}

type Parts = Record<string, unknown>;

/** The parts in which two differ. */
export function differences(theirs: Parts, mine: Parts): Difference[] {
  const parts = [...new Set([...Object.keys(theirs), ...Object.keys(mine)])];
  return parts
    .filter((part) => !sameJson(theirs[part], mine[part]))
    .map((part) => ({ part, theirs: theirs[part], mine: mine[part] }));
}
