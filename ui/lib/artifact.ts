import { isObject } from "./json-object";

/** Bytes that are kept apart from the values that refer to them. */
export interface Artifact {
  id: string;
  /** What the tool called it; null for a value that was too large to travel. */
  name: string | null;
  type: string;
  size: number;
  sha256: string;
  /** How its text begins, empty when it is none. */
  preview: string;
  /** What stands for it in values. */
  reference: { $artifact: Record<string, unknown> };
}

/** The artifact that a value refers to; null when it is none. */
export function artifactOf(value: unknown): Artifact | null {
  const facts = isObject(value) ? value.$artifact : null;
  if (!isObject(facts) || typeof facts.id !== "string") return null;
  return {
    id: facts.id,
    name: typeof facts.name === "string" && facts.name ? facts.name : null,
    type: String(facts.content_type ?? ""),
    size: typeof facts.size === "number" ? facts.size : 0,
    sha256: String(facts.sha256 ?? ""),
    preview: String(facts.preview ?? ""),
    reference: { $artifact: facts },
  };
}

/** Every artifact that a value refers to, once. */
export function artifactsIn(value: unknown): Artifact[] {
  const found = new Map<string, Artifact>();
  const walk = (item: unknown): void => {
    const artifact = artifactOf(item);
    if (artifact) found.set(artifact.id, artifact);
    else if (typeof item === "object" && item !== null)
      for (const each of Object.values(item)) walk(each);
  };
  walk(value);
  return [...found.values()];
}

const ENDINGS: Record<string, string> = {
  "application/json": ".json",
  "application/pdf": ".pdf",
  "image/jpeg": ".jpg",
  "image/png": ".png",
  "image/svg+xml": ".svg",
  "text/csv": ".csv",
  "text/html": ".html",
  "text/markdown": ".md",
  "text/plain": ".txt",
};

/** A name for the file: its own, else the beginning of its hash. */
export function fileName({ id, name, type, sha256 }: Artifact): string {
  return name ?? `${(sha256 || id).slice(0, 8)}${ENDINGS[plainType(type)] ?? ""}`;
}

/** `text/csv` for `Text/CSV; charset=utf-8`. */
export function plainType(type: string): string {
  return (type.split(";")[0] ?? "").trim().toLowerCase();
}
