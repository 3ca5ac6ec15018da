import type { Json, JsonObject } from "@/features/graph";
import { literal } from "./literal";

/** A parameter of `main`; without `default` it must be given. */
export interface Parameter {
  name: string;
  annotation: string;
  fallback: string | null;
}

export interface Signature {
  parameters: Parameter[];
  /** Whether `**rest` takes any other name. */
  open: boolean;
}

const HEAD = /^(?:async[ \t]+)?def[ \t]+main[ \t]*\(/m;

/** What `main` takes, read from its `def` line; null when there is none or it does not end. */
export function readSignature(code: string): Signature | null {
  const bare = withoutTexts(code);
  const head = HEAD.exec(bare);
  if (!head) return null;
  const begin = head.index + head[0].length;
  const end = closing(bare, begin);
  if (end < 0) return null;
  const signature: Signature = { parameters: [], open: false };
  for (const [from, to] of parted(bare, begin, end)) {
    const text = code.slice(from, to);
    const comment = bare.slice(from, to).indexOf("#");
    take((comment < 0 ? text : withoutComments(text, bare.slice(from, to))).trim(), signature);
  }
  return signature;
}

/** The inputs that `main` takes as JSON Schema. */
export function schemaOf({ parameters, open }: Signature): JsonObject {
  const required = parameters.filter((each) => each.fallback === null).map((each) => each.name);
  return {
    type: "object",
    properties: Object.fromEntries(parameters.map((each) => [each.name, propertyOf(each)])),
    ...(required.length > 0 ? { required } : {}),
    ...(open ? {} : { additionalProperties: false }),
  };
}

function propertyOf({ annotation, fallback }: Parameter): JsonObject {
  const typed = annotated(annotation);
  const value = fallback === null ? undefined : literal(fallback);
  if (value === undefined || value === null) return typed;
  const guessed = Object.keys(typed).length > 0 ? typed : { type: typeOf(value) };
  return { ...guessed, default: value };
}

function typeOf(value: Exclude<Json, null>): string {
  if (Array.isArray(value)) return "array";
  if (typeof value === "number") return Number.isInteger(value) ? "integer" : "number";
  return typeof value;
}

const TYPES: Record<string, string> = {
  int: "integer",
  float: "number",
  str: "string",
  bool: "boolean",
  list: "array",
  List: "array",
  tuple: "array",
  Sequence: "array",
  dict: "object",
  Dict: "object",
  Mapping: "object",
};
const LISTS = new Set(["list", "List", "Sequence"]);

/** `int`, `list[str]`, `float | None`, `Optional[dict]`; empty for what is no such type. */
export function annotated(annotation: string): JsonObject {
  const text = annotation.trim().replace(/^(["'])(.*)\1$/, "$2");
  const optional = /^(?:typing\.)?Optional\[(.*)\]$/s.exec(text);
  if (optional?.[1] !== undefined) return orNull(annotated(optional[1]));
  const some = alternatives(text);
  const rest = some.filter((each) => each !== "None");
  if (rest.length < some.length && rest.length === 1) return orNull(annotated(rest[0] ?? ""));
  if (some.length > 1) return {};
  const [, name = "", inner] = /^(?:\w+\.)*(\w+)(?:\[(.*)\])?$/s.exec(text) ?? [];
  const type = TYPES[name];
  if (!type) return {};
  const items = inner !== undefined && LISTS.has(name) ? annotated(inner) : {};
  return { type, ...(Object.keys(items).length > 0 ? { items } : {}) };
}

function orNull(schema: JsonObject): JsonObject {
  return typeof schema.type === "string" ? { ...schema, type: [schema.type, "null"] } : schema;
}

/** What `|` joins at the top, outside brackets. */
function alternatives(text: string): string[] {
  const found: string[] = [];
  let depth = 0;
  let from = 0;
  for (let at = 0; at <= text.length; at += 1) {
    const char = text[at];
    if (char === "[") depth += 1;
    if (char === "]") depth -= 1;
    if (char === undefined || (char === "|" && depth === 0)) {
      found.push(text.slice(from, at).trim());
      from = at + 1;
    }
  }
  return found;
}

function take(text: string, signature: Signature): void {
  if (text.startsWith("**")) signature.open = true;
  // `*rest` gets nothing, as inputs have names; `*` and `/` are marks.
  if (text === "" || text === "/" || text.startsWith("*")) return;
  const [, name, annotation = "", fallback] =
    /^([^\W\d]\w*)\s*(?::((?:[^=]|==)*))?(?:=(?!=)(.*))?$/su.exec(text) ?? [];
  if (!name) return;
  signature.parameters.push({
    name,
    annotation: annotation.trim(),
    fallback: fallback?.trim() ?? null,
  });
}

const TEXTS = /("""|''')[\s\S]*?\1|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|#[^\n]*/g;

/** The code at the same places, blanks for what is inside texts; comments are one `#` and blanks. */
function withoutTexts(code: string): string {
  return code.replace(TEXTS, (text) => {
    const blank = text.replace(/[^\n]/g, " ");
    return text.startsWith("#") ? `#${blank.slice(1)}` : blank;
  });
}

function withoutComments(text: string, bare: string): string {
  const lines = text.split("\n");
  return bare
    .split("\n")
    .map((line, index) => {
      const at = line.indexOf("#");
      return at < 0 ? lines[index] : lines[index]?.slice(0, at);
    })
    .join("\n");
}

const OPENS = "([{";
const CLOSES = ")]}";

/** The place of the bracket that closes what was opened before `from`; -1 when there is none. */
function closing(text: string, from: number): number {
  let depth = 1;
  for (let at = from; at < text.length; at += 1) {
    const char = text[at] ?? "";
    if (OPENS.includes(char)) depth += 1;
    if (CLOSES.includes(char)) depth -= 1;
    if (depth === 0) return at;
  }
  return -1;
}

/** Where the parts between commas begin and end. */
function parted(text: string, begin: number, end: number): [number, number][] {
  const parts: [number, number][] = [];
  let depth = 0;
  let from = begin;
  for (let at = begin; at < end; at += 1) {
    const char = text[at] ?? "";
    if (OPENS.includes(char)) depth += 1;
    if (CLOSES.includes(char)) depth -= 1;
    if (char !== "," || depth > 0) continue;
    parts.push([from, at]);
    from = at + 1;
  }
  return [...parts, [from, end]];
}
