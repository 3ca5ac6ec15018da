import { createContext, useContext } from "react";
import type { Json, JsonObject } from "@/features/graph";

/** What an expression can read here, as far as it is known: names, and sample values where a run left some. */
export interface Scope {
  values: JsonObject;
  /** Names of secrets, where texts may name some: in what a tool is given. */
  secrets?: readonly string[];
  /** The node's own inputs as templates, where its configuration may read them. */
  inputs?: JsonObject;
}

export const ScopeContext = createContext<Scope>({ values: {} });

export function useScope(): Scope {
  return useContext(ScopeContext);
}

const HIDDEN = "•••";

/** All that an expression can name here; secrets without their values, which nobody here knows. */
export function readable({ values, secrets, inputs }: Scope): JsonObject {
  return {
    ...values,
    ...(inputs && { inputs }),
    ...(secrets && { secrets: Object.fromEntries(secrets.map((name) => [name, HIDDEN])) }),
  };
}

export interface Suggestion {
  label: string;
  detail: string;
  kind: "property" | "function";
}

const FILTERS = [
  "abs",
  "default",
  "first",
  "float",
  "int",
  "join",
  "keys",
  "last",
  "length",
  "lower",
  "map",
  "max",
  "min",
  "reject",
  "replace",
  "reverse",
  "round",
  "select",
  "slice",
  "sort",
  "split",
  "string",
  "sum",
  "title",
  "tojson",
  "trim",
  "unique",
  "upper",
  "values",
];

/** What could stand at the end of `before`; null outside `{{ … }}`. `from` counts in `before`. */
export function suggestions(
  before: string,
  scope: JsonObject,
): { from: number; options: Suggestion[] } | null {
  const open = before.lastIndexOf("{{");
  if (open < 0 || before.lastIndexOf("}}") > open) return null;
  const inside = before.slice(open + 2);
  const filter = /\|\s*([a-z]*)$/.exec(inside);
  if (filter)
    return {
      from: before.length - (filter[1]?.length ?? 0),
      options: FILTERS.map((label) => ({ label, detail: "", kind: "function" })),
    };
  const path = /(?:[A-Za-z_]\w*(?:\[\d+\]|\.\d+)*\.)*(?:[A-Za-z_]\w*)?$/.exec(inside)?.[0] ?? "";
  // A field of something that is no plain path, or the end of a value.
  if (/[.\])"'\w]$/.test(inside.slice(0, inside.length - path.length))) return null;
  const steps = path.split(/\.|\[(?=\d)/).map((step) => step.replace(/\]$/, ""));
  const last = steps.pop() ?? "";
  // A secret stands alone between its braces.
  const alone = inside.slice(0, inside.length - path.length).trim() === "";
  const { secrets: _secrets, ...others } = scope;
  const holder = steps.reduce<Json | undefined>(step, alone ? scope : others);
  return { from: before.length - last.length, options: properties(holder) };
}

function step(value: Json | undefined, name: string): Json | undefined {
  if (Array.isArray(value)) return value[Number(name)];
  if (typeof value === "object" && value !== null) return value[name];
  return undefined;
}

function properties(holder: Json | undefined): Suggestion[] {
  if (typeof holder !== "object" || holder === null || Array.isArray(holder)) return [];
  return Object.entries(holder).map(([label, value]) => ({
    label,
    detail: shown(value),
    kind: "property",
  }));
}

/** A value in a few characters. */
export function shown(value: Json | undefined, most = 40): string {
  if (value === undefined) return "";
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}
