import { useStore } from "@xyflow/react";
import { useTranslations } from "next-intl";
import { StatusBadge } from "@/components/status";
import { type FlowNode, undoneKeys } from "@/features/graph";
import { attemptsOf, useRun } from "./store";

/** Of a node with a compensation whether it was undone, and of a compensation what it undoes. */
export function Undoing({ nodeKey, path }: { nodeKey: string; path: string }) {
  const t = useTranslations("run");
  const nodes = useStore((state) => state.nodes) as FlowNode[];
  // The store's maps change in place: the revision tells that they did.
  useRun((state) => state.revision);
  const undone = undoneKeys(nodes).get(nodeKey);
  if (undone) return <p className="mt-2 text-ink-soft text-xs">{t("undoes", { key: undone })}</p>;
  const by = nodes.find((node) => node.data.node.key === nodeKey)?.data.node.compensation;
  const last = by
    ? attemptsOf(useRun.getState(), by)
        .filter((each) => each.path === path)
        .at(-1)
    : undefined;
  if (!by || !last) return null;
  return (
    <p className="mt-2 flex flex-wrap items-center gap-2 text-xs">
      {t("undoneBy", { key: by })} <StatusBadge status={last.status} />
    </p>
  );
}
