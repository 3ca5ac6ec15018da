import type { Json, JsonObject } from "@/features/graph";
import { without } from "../editor";

export const BODIES = ["none", "json", "form", "multipart", "raw"] as const;
export type BodyKind = (typeof BODIES)[number];

/** The field of the configuration that holds a kind of body, and what it begins with. */
const FIELDS: Record<Exclude<BodyKind, "none">, { name: string; first: Json }> = {
  json: { name: "json_body", first: {} },
  form: { name: "form", first: {} },
  multipart: { name: "multipart", first: [{ name: "file", value: "" }] },
  raw: { name: "body", first: "" },
};
export const BODY_FIELDS = Object.values(FIELDS).map(({ name }) => name);

/** What a configuration sends. */
export function bodyKindOf(config: JsonObject): BodyKind {
  const found = BODIES.find(
    (kind) => kind !== "none" && (config[FIELDS[kind].name] ?? null) !== null,
  );
  return found ?? "none";
}

/** The configuration with another kind of body, empty as yet. */
export function withBody(config: JsonObject, kind: BodyKind): JsonObject {
  const rest = without(config, ...BODY_FIELDS);
  if (kind === "none") return rest;
  const { name, first } = FIELDS[kind];
  return { ...rest, [name]: config[name] ?? first };
}
