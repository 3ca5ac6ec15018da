import { useTranslations } from "next-intl";
import { JsonText } from "@/features/forms";
import type { GraphNode, Json, JsonObject } from "@/features/graph";
import { editNode } from "../store";

// These have editors of their own, or belong to the canvas.
const APART = new Set(["id", "key", "parent", "position"]);

/** The node as its document says it, for whoever would rather write than click. */
export function Source({ id, node }: { id: string; node: GraphNode }) {
  const t = useTranslations("designer");
  const shown = Object.fromEntries(Object.entries(node).filter(([name]) => !APART.has(name)));
  function put(value: Json | undefined): void {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return;
    const gone = Object.keys(shown).filter((name) => !(name in value) && name !== "type");
    const kept = Object.entries(value).filter(([name]) => !APART.has(name) && name !== "type");
    const cleared = Object.fromEntries(gone.map((name) => [name, undefined]));
    editNode(id, { ...cleared, ...Object.fromEntries(kept) } as Partial<GraphNode>, "source");
  }
  return (
    <>
      <p className="mb-2 text-ink-soft text-xs">{t("sourceHint")}</p>
      <JsonText label={t("sourceOf")} value={shown as JsonObject} onChange={put} />
    </>
  );
}
