import { resolved, type Schema } from "@/features/forms";
import type { JsonObject } from "@/features/graph";
import { useCatalog } from "@/lib/api/catalog";

export const KINDS = ["http", "mcp", "python", "shell", "builtin"] as const;
export type Kind = (typeof KINDS)[number];

/** What edits a tool's configuration, of which `kind` is a part. */
export interface EditorProps {
  value: JsonObject;
  onChange: (value: JsonObject) => void;
  /** The tool's input schema, where the configuration can offer one. */
  input?: InputSchema | undefined;
  /** Where there is little room, as beside the canvas. */
  compact?: boolean;
  /** The line of the code that the last try failed at. */
  badLine?: number | undefined;
}

export interface InputSchema {
  schema: JsonObject | null;
  onTake: (schema: JsonObject) => void;
}

/** The schema of a kind's configuration, by the server's own account; null until it is there. */
export function useConfigSchema(kind: Kind): Schema | null {
  const { data } = useCatalog();
  const found = data?.tools.find((each) => each.kind === kind);
  return (found?.config_schema as Schema | undefined) ?? null;
}

/** The same schema with some of its fields, in the order that is given. */
export function only(schema: Schema, names: readonly string[]): Schema {
  const known = schema.properties ?? {};
  return {
    ...schema,
    properties: Object.fromEntries(
      names.flatMap((name) => (known[name] ? [[name, known[name]]] : [])),
    ),
  };
}

/** The forms that a field can take, by their `type`. */
export function variantsOf(name: string, root: Schema): Map<string, Schema> {
  const field = root.properties?.[name] ?? {};
  const some = [field, ...(field.anyOf ?? [])].flatMap((each) => each.oneOf ?? []);
  return new Map(
    some.flatMap((each) => {
      const form = resolved(each, root);
      const type = form.properties?.type?.const;
      return typeof type === "string" ? [[type, form]] : [];
    }),
  );
}

/** A value without one of its fields. */
export function without(value: JsonObject, ...names: string[]): JsonObject {
  return Object.fromEntries(Object.entries(value).filter(([name]) => !names.includes(name)));
}
