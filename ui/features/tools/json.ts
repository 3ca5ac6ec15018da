export type JsonObject = Record<string, unknown>;

export type Parsed = { ok: true; value: JsonObject } | { ok: false; reason: string };

/** The object that a text is, or why it is none. */
export function parseObject(text: string): Parsed {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) {
      return { ok: true, value: value as JsonObject };
    }
    return { ok: false, reason: "" };
  } catch (error) {
    return { ok: false, reason: error instanceof Error ? error.message : String(error) };
  }
}

export function pretty(value: unknown): string {
  return JSON.stringify(value, null, 2) ?? "";
}

const SAMPLES: Record<string, unknown> = {
  string: "",
  integer: 0,
  number: 0,
  boolean: false,
  array: [],
  object: {},
  null: null,
};

/** Inputs to start from: a value for each property that a JSON Schema names. */
export function sampleOf(schema: JsonObject | null): JsonObject {
  const properties = schema?.properties;
  if (typeof properties !== "object" || properties === null) return {};
  return Object.fromEntries(
    Object.entries(properties as Record<string, JsonObject>).map(([name, property]) => [
      name,
      property.default ?? enumerated(property) ?? SAMPLES[String(property.type)] ?? null,
    ]),
  );
}

function enumerated({ enum: values }: JsonObject): unknown {
  return Array.isArray(values) ? values[0] : undefined;
}
