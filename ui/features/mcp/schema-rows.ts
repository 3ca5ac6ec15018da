import { resolved, type Schema, shown } from "@/features/forms";

/** One field of a schema, as a line of a table. */
export interface SchemaRow {
  name: string;
  type: string;
  required: boolean;
  text: string;
}

const DEEPEST = 4;
const MOST_ROWS = 200;

/** The fields of an object, those of objects inside it behind a dot. */
export function schemaRows(schema: Schema): SchemaRow[] {
  const rows: SchemaRow[] = [];
  collect(resolved(schema, schema), schema, "", 0, rows);
  return rows;
}

function collect(
  schema: Schema,
  root: Schema,
  prefix: string,
  depth: number,
  rows: SchemaRow[],
): void {
  const required = new Set(schema.required ?? []);
  for (const [key, given] of Object.entries(schema.properties ?? {})) {
    if (rows.length >= MOST_ROWS) return;
    const field = resolved(given, root);
    const name = prefix + key;
    rows.push({
      name,
      type: typeOf(field, root),
      required: required.has(key),
      text: textOf(field),
    });
    const items = field.items ? resolved(field.items, root) : undefined;
    const within = field.properties ? field : items?.properties ? items : undefined;
    const dot = within === items ? "[]." : ".";
    if (within && depth < DEEPEST) collect(within, root, `${name}${dot}`, depth + 1, rows);
  }
}

function typeOf(field: Schema, root: Schema, depth = 0): string {
  if (depth > DEEPEST) return "any";
  if (field.const !== undefined) return JSON.stringify(field.const);
  if (field.enum) return field.enum.map((each) => JSON.stringify(each)).join(" | ");
  if (field.type === "array") {
    const items = field.items ? typeOf(resolved(field.items, root), root, depth + 1) : "any";
    return `${items.includes(" | ") ? `(${items})` : items}[]`;
  }
  if (field.type !== undefined) return [field.type].flat().join(" | ");
  const some = field.anyOf ?? field.oneOf;
  return some
    ? some.map((each) => typeOf(resolved(each, root), root, depth + 1)).join(" | ")
    : "any";
}

/** What is said of it, and its limits. */
function textOf(field: Schema): string {
  const { minimum, maximum, minLength, maxLength, format, pattern } = field;
  const limits = [
    format,
    pattern && `/${pattern}/`,
    range(minimum, maximum),
    range(minLength, maxLength),
    field.default === undefined || field.default === null ? "" : `= ${shown(field.default)}`,
  ].filter(Boolean);
  return [field.description, limits.join(", ")].filter(Boolean).join(" · ");
}

function range(least: number | undefined, most: number | undefined): string {
  if (least === undefined && most === undefined) return "";
  if (least === undefined) return `≤ ${most}`;
  return most === undefined ? `≥ ${least}` : `${least}–${most}`;
}
