import { Handle, type NodeProps, Position } from "@xyflow/react";
import { CircleAlert, StickyNote, TriangleAlert } from "lucide-react";
import { useTranslations } from "next-intl";
import { memo } from "react";
import { type Status, StatusIcon } from "@/components/status";
import { useCatalog } from "@/lib/api/catalog";
import { useCatalogWords } from "@/lib/i18n/catalog-words";
import { CARD, type FlowNode } from "./codec";
import { type GraphNode, hasPlainWayOut, title, waysOut } from "./document";
import { KindIcon } from "./icons";
import { type Look, useLook } from "./look";
import { UndoTag } from "./undo-tag";

const EDGES: Partial<Record<Status, string>> = {
  running: "border-run",
  completed: "border-ok",
  failed: "border-bad",
  waiting: "border-wait",
};
const CHANGES = {
  added: "border-ok border-2",
  removed: "border-bad border-2 border-dashed",
  changed: "border-wait border-2",
};

function outline(look: Look, selected: boolean): string {
  if (selected) return "border-accent ring-2 ring-accent/40";
  if (look.change) return CHANGES[look.change];
  if (look.errors) return "border-bad";
  return (look.status && EDGES[look.status]) ?? "border-line-strong/60";
}

/** Icon and name of what a node is: of its tool when it carries one. */
export function useKind(node: GraphNode): { icon: string; label: string } {
  const { data: catalog } = useCatalog();
  const words = useCatalogWords();
  if (node.type === "tool" && node.tool) return { icon: "wrench", label: node.tool };
  const tool = catalog?.tools.find((each) => each.kind === node.config?.kind);
  const helper = catalog?.builtins.find((each) => each.name === node.config?.name);
  if (node.type === "tool" && tool?.kind === "builtin" && helper)
    return { icon: tool.icon, label: words("builtins", helper.name, helper).title };
  if (node.type === "tool" && tool)
    return { icon: tool.icon, label: words("tools", tool.kind, tool).title };
  const kind = catalog?.nodes.find((each) => each.type === node.type);
  return {
    icon: kind?.icon ?? "box",
    label: kind ? words("nodes", kind.type, kind).title : node.type,
  };
}

export const StepCard = memo(function StepCard({ data, selected }: NodeProps<FlowNode>) {
  const { node } = data;
  const look = useLook(node.key);
  const faded = node.disabled || look.status === "skipped" ? "opacity-55" : "";
  return (
    <div
      data-node={node.key}
      data-status={look.status}
      className={`h-full rounded-lg border bg-raised ${outline(look, selected)} ${faded}`}
      style={{ width: CARD.width }}
    >
      {node.type !== "trigger" && <Handle type="target" position={Position.Left} />}
      <Face node={node} look={look} />
      <WaysOut node={node} />
      <UndoTag node={node} />
      <Note text={node.notes} />
    </div>
  );
});

/** What the author wrote about the node, legible on the canvas. */
function Note({ text }: { text: string | null | undefined }) {
  if (!text) return null;
  return (
    <p className="absolute top-full mt-1 line-clamp-3 w-full whitespace-pre-wrap break-words rounded bg-wait-soft px-2 py-1 text-[11px] text-wait">
      {text}
    </p>
  );
}

function Face({ node, look }: { node: GraphNode; look: Look }) {
  const { icon, label } = useKind(node);
  return (
    <div className="node-face flex h-[62px] items-center gap-2.5 px-3">
      <span className="flex size-8 shrink-0 items-center justify-center rounded-md bg-accent-soft text-accent">
        <KindIcon name={icon} size={17} />
      </span>
      <span className="min-w-0 flex-1">
        <span className="block truncate font-medium text-[13px] leading-tight">{title(node)}</span>
        <span className="block truncate text-[11px] text-ink-soft">
          {look.detail ?? `${label} · ${node.key}`}
        </span>
      </span>
      <Marks node={node} look={look} />
    </div>
  );
}

function Marks({ node, look }: { node: GraphNode; look: Look }) {
  const t = useTranslations("designer");
  return (
    <span className="flex shrink-0 items-center gap-1">
      {node.notes && <StickyNote size={13} className="text-wait" aria-label={t("notes")} />}
      {look.errors ? (
        <CircleAlert
          size={15}
          className="text-bad"
          aria-label={t("errorCount", { count: look.errors })}
        />
      ) : look.warnings ? (
        <TriangleAlert
          size={15}
          className="text-wait"
          aria-label={t("warningCount", { count: look.warnings })}
        />
      ) : null}
      {look.status && <StatusIcon status={look.status} />}
    </span>
  );
}

function WaysOut({ node }: { node: GraphNode }) {
  const ways = waysOut(node);
  return (
    <>
      {hasPlainWayOut(node) && (
        <Handle type="source" position={Position.Right} style={{ top: CARD.height / 2 }} />
      )}
      {ways.map((way, index) => (
        <div
          key={way}
          className={`relative flex h-[22px] items-center justify-end border-line border-t px-3 text-[11px] ${way === "error" ? "text-bad" : "text-ink-soft"}`}
        >
          <span className="node-face truncate">{way}</span>
          <Handle
            id={way}
            type="source"
            position={Position.Right}
            data-way={index}
            className={way === "error" ? "!border-bad" : ""}
          />
        </div>
      ))}
    </>
  );
}

export const ContainerCard = memo(function ContainerCard({ data, selected }: NodeProps<FlowNode>) {
  const { node } = data;
  const look = useLook(node.key);
  const { icon, label } = useKind(node);
  return (
    <div
      data-node={node.key}
      data-status={look.status}
      className={`h-full w-full rounded-xl border bg-sunken/60 ${outline(look, selected)}`}
    >
      <Handle type="target" position={Position.Left} style={{ top: 22 }} />
      <div className="flex h-11 items-center gap-2 px-3">
        <span className="text-accent">
          <KindIcon name={icon} />
        </span>
        <span className="truncate font-medium text-[13px]">{title(node)}</span>
        <span className="truncate text-[11px] text-ink-soft">
          {look.detail ?? `${label} · ${node.key}`}
        </span>
        <span className="ml-auto">
          <Marks node={node} look={look} />
        </span>
      </div>
      <Note text={node.notes} />
      <Handle type="source" position={Position.Right} style={{ top: 22 }} />
      {node.on_error === "branch" && (
        <Handle
          id="error"
          type="source"
          position={Position.Right}
          style={{ top: 46 }}
          className="!border-bad"
        />
      )}
    </div>
  );
});

export const CARDS = { step: StepCard, container: ContainerCard };
