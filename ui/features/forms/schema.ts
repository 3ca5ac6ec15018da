import type { Json, JsonObject } from "@/features/graph";

/** The part of JSON Schema that forms are made from. */
export interface Schema {
  type?: string | string[];
  title?: string;
  description?: string;
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  additionalProperties?: boolean | Schema;
  enum?: Json[];
  const?: Json;
  anyOf?: Schema[];
  oneOf?: Schema[];
  default?: Json;
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  pattern?: string;
  format?: string;
  $ref?: string;
  $defs?: Record<string, Schema>;
}

export type FieldKind =
  | "enum"
  | "boolean"
  | "number"
  | "amount"
  | "text"
  | "code"
  | "schema"
  | "pairs"
  | "form"
  | "forms"
  | "list"
  | "json";

const CODE = new Set(["code", "script", "template", "body"]);

const DEEPEST_REFERENCE = 20;

/** A schema without references and without `or null`; one that only refers to itself is open. */
export function resolved(schema: Schema, root: Schema, depth = 0): Schema {
  if (depth > DEEPEST_REFERENCE) return {};
  if (schema.$ref) {
    const found = root.$defs?.[schema.$ref.replace("#/$defs/", "")] ?? {};
    const { $ref: _ref, ...rest } = schema;
    return resolved({ ...found, ...rest }, root, depth + 1);
  }
  if (Array.isArray(schema.type)) {
    const types = schema.type.filter((each) => each !== "null");
    if (types.length === 1 && types[0])
      return resolved({ ...schema, type: types[0] }, root, depth + 1);
  }
  const some = schema.anyOf?.filter((each) => each.type !== "null") ?? [];
  if (some.length !== 1 || !some[0]) return schema;
  const { anyOf: _anyOf, ...rest } = schema;
  return resolved({ ...some[0], ...rest }, root, depth + 1);
}

/** Which editor a field gets; `schema` must be resolved. */
export function kindOfField(name: string, schema: Schema, root: Schema): FieldKind {
  if (schema.enum) return "enum";
  switch (schema.type) {
    case "boolean":
      return "boolean";
    case "integer":
    case "number":
      return "number";
    case "string":
      return CODE.has(name) ? "code" : "text";
    case "array":
      return kindOfList(schema, root);
    case "object":
      if (/schema$/.test(name)) return "schema";
      if (schema.properties) return "form";
      return "pairs";
    default:
      return isAmount(schema) ? "amount" : "json";
  }
}

/** A number, or an expression that gives one; not just any text. */
function isAmount({ anyOf = [] }: Schema): boolean {
  const some = anyOf.filter((each) => each.type !== "null");
  return (
    some.length === 2 &&
    some.some(({ type }) => type === "integer" || type === "number") &&
    some.some(({ type, pattern }) => type === "string" && pattern?.includes("\\{\\{"))
  );
}

function kindOfList(schema: Schema, root: Schema): FieldKind {
  const items = schema.items ? resolved(schema.items, root) : {};
  if (items.type === "object" && items.properties) return "forms";
  return items.type === "string" || items.type === "integer" || items.type === "number"
    ? "list"
    : "json";
}

/** `max_concurrency` → `Max concurrency`. */
export function labelOf(name: string): string {
  const words = name.replace(/_/g, " ").trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** A value to begin with: defaults, and what is required. */
export function blank(schema: Schema, root: Schema): Json {
  const real = resolved(schema, root);
  if (real.default !== undefined) return real.default;
  if (real.const !== undefined) return real.const;
  if (real.enum) return real.enum[0] ?? null;
  switch (real.type) {
    case "object":
      return blankObject(real, root);
    case "array":
      return [];
    case "string":
      return "";
    case "boolean":
      return false;
    case "integer":
    case "number":
      return real.minimum ?? 0;
    default:
      return null;
  }
}

export function blankObject(schema: Schema, root: Schema): JsonObject {
  const names = schema.required ?? [];
  return Object.fromEntries(
    names.flatMap((name) => {
      const property = schema.properties?.[name];
      return property ? [[name, blank(property, root)]] : [];
    }),
  );
}
