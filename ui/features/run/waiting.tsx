import { NodeToolbar, Position } from "@xyflow/react";
import { Hand } from "lucide-react";
import { useTranslations } from "next-intl";
import { Button } from "@/components/button";
import type { GraphDocument } from "@/features/graph";
import { title } from "@/features/graph";
import type { Approval } from "@/lib/api/events";

export type Waiting = ReadonlyMap<string, Approval[]>;

interface WaitingProps {
  /** What waits for a person, by the node that it waits in. */
  waiting: Waiting;
  document: GraphDocument | null | undefined;
  onGo: (key: string) => void;
}

/** Tells, above everything, that the run waits for a person, and leads there. */
export function WaitingBanner({ waiting, document, onGo }: WaitingProps) {
  const t = useTranslations("run");
  const count = [...waiting.values()].reduce((sum, each) => sum + each.length, 0);
  const nodes = new Map(document?.nodes.map((node) => [node.key, node]));
  return (
    <>
      {/* Always there: what is only added when it is needed is not read out. */}
      <p role="status" className="sr-only">
        {count > 0 ? t("waiting.count", { count }) : ""}
      </p>
      {count > 0 && (
        <section
          aria-label={t("waiting.title")}
          className="flex flex-wrap items-center gap-2 border-line border-b bg-wait-soft px-4 py-2 text-wait"
        >
          <Hand size={16} aria-hidden />
          <p className="font-medium">{t("waiting.count", { count })}</p>
          {[...waiting].map(([key, approvals]) => {
            const node = nodes.get(key);
            const tools = [...new Set(approvals.map((each) => each.title))].join(", ");
            return (
              <Button key={key} onClick={() => onGo(key)}>
                {node ? t("waiting.inNode", { node: title(node), tools }) : tools}
              </Button>
            );
          })}
        </section>
      )}
    </>
  );
}

/** A mark on each node that waits for a person. */
export function WaitingMarks({ waiting, document, onGo }: WaitingProps) {
  const t = useTranslations("run");
  return document?.nodes
    .filter((node) => waiting.has(node.key))
    .map((node) => (
      <NodeToolbar key={node.id} nodeId={node.id} isVisible position={Position.Top} offset={4}>
        <button
          type="button"
          data-needs-you={node.key}
          aria-label={t("waiting.needsYouIn", { node: title(node) })}
          onClick={() => onGo(node.key)}
          className="inline-flex items-center gap-1 rounded-full border border-wait bg-wait-soft px-2 py-0.5 font-medium text-wait text-xs shadow"
        >
          <Hand size={12} aria-hidden />
          {t("waiting.needsYou")}
        </button>
      </NodeToolbar>
    ));
}
