import { plainType } from "@/lib/artifact";

export type ArtifactKind = "json" | "text" | "table" | "picture" | "sound" | "other";

const PICTURES = new Set(["avif", "bmp", "gif", "jpeg", "png", "svg+xml", "webp"]);
const TEXTS =
  /^text\/|^application\/(jsonl|x-ndjson|javascript|sql|toml|xml|(x-)?yaml)$|\+(xml|yaml)$/;

/** How an artifact of a content type is shown. */
export function kindOf(contentType: string): ArtifactKind {
  const type = plainType(contentType);
  const [group, name = ""] = type.split("/");
  if (group === "image" && PICTURES.has(name)) return "picture";
  if (group === "audio") return "sound";
  if (type === "text/csv" || type === "text/tab-separated-values") return "table";
  if (type === "application/json" || name.endsWith("+json")) return "json";
  return TEXTS.test(type) ? "text" : "other";
}
