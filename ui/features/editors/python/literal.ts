import type { Json } from "@/features/graph";

const NAMES: Record<string, Json> = { None: null, True: true, False: false };

/** The value of a Python literal that JSON has too; undefined for anything that would have to run. */
export function literal(text: string): Json | undefined {
  const source = text.trim();
  if (source in NAMES) return NAMES[source];
  const number = source.replace(/(\d)_(?=\d)/g, "$1");
  if (/^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(number)) {
    const value = Number(number);
    // One that would be rounded is another one.
    return Number.isInteger(value) && !Number.isSafeInteger(value) ? undefined : value;
  }
  if (/^(["'])(?:(?!\1)[^\\\n])*\1$/.test(source)) return source.slice(1, -1);
  return source === "[]" ? [] : source === "{}" ? {} : undefined;
}
