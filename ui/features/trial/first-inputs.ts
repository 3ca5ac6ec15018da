import { resolved, type Schema } from "@/features/forms";
import type { Json, JsonObject } from "@/features/graph";

const FIRST: Record<string, Json> = {
  string: "",
  integer: 0,
  number: 0,
  boolean: false,
  array: [],
  object: {},
};
const DEEPEST = 3;

/** Inputs to begin with: defaults, and a value for each that is required. */
export function firstInputs(schema: Schema | null): JsonObject {
  return schema ? firstObject(schema, schema, 0) : {};
}

function firstObject(schema: Schema, root: Schema, depth: number): JsonObject {
  const required = new Set(schema.required ?? []);
  return Object.fromEntries(
    Object.entries(schema.properties ?? {}).flatMap(([name, given]) => {
      const property = resolved(given, root);
      if (property.default !== undefined && property.default !== null)
        return [[name, property.default]];
      return required.has(name) ? [[name, first(property, root, depth)]] : [];
    }),
  );
}

function first(property: Schema, root: Schema, depth: number): Json {
  const { type, minimum, const: only, enum: some } = property;
  if (only !== undefined) return only;
  if (some?.[0] !== undefined) return some[0];
  const kind = Array.isArray(type) ? type[0] : type;
  if (kind === "object" && depth < DEEPEST) return firstObject(property, root, depth + 1);
  if (minimum !== undefined && (kind === "integer" || kind === "number")) return minimum;
  return FIRST[kind ?? "string"] ?? null;
}
