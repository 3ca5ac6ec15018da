import type { Json } from "@/features/graph";

export type Headers = Record<string, string>;

/** By name, whatever its case; the last of a name wins. */
export function merged(headers: [string, string][]): Headers {
  const found: Headers = {};
  for (const [name, value] of headers) {
    dropHeader(found, name);
    found[name] = value;
  }
  return found;
}

export function headerNamed(headers: Headers, name: string): string | undefined {
  const key = Object.keys(headers).find((each) => each.toLowerCase() === name.toLowerCase());
  return key === undefined ? undefined : headers[key];
}

export function dropHeader(headers: Headers, name: string): void {
  for (const key of Object.keys(headers))
    if (key.toLowerCase() === name.toLowerCase()) delete headers[key];
}

/** Names and values out of `name=value` texts, a list for a name that comes again; null if they are none. */
export function fieldsOf(texts: string[]): Record<string, Json> | null {
  const fields: Record<string, Json> = {};
  for (const text of texts) {
    const equals = text.indexOf("=");
    if (equals < 1) return null;
    const name = unescaped(text.slice(0, equals));
    const value = unescaped(text.slice(equals + 1));
    if (name === null || value === null) return null;
    const before = fields[name];
    fields[name] =
      before === undefined ? value : Array.isArray(before) ? [...before, value] : [before, value];
  }
  return fields;
}

function unescaped(text: string): string | null {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return null;
  }
}
