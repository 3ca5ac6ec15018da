import { Background, type NodeChange, ReactFlow, ReactFlowProvider } from "@xyflow/react";
import { useTranslations } from "next-intl";
import { useMemo } from "react";
import { useTheme } from "@/lib/theme";
import { CARDS } from "./cards";
import { type FlowNode, toFlow } from "./codec";
import { drawnEdges } from "./compensation";
import { compare } from "./diff";
import type { GraphDocument } from "./document";
import { type Look, LookContext } from "./look";

interface StillProps {
  document: GraphDocument;
  /** Shows in colours what changed since this one, and what is gone. */
  before?: GraphDocument | undefined;
  /** The key of the node that is selected. */
  selected?: string | null;
  /** Told of the key of the node that somebody selects; null when none is any more. */
  onSelect?: (key: string | null) => void;
}

/** A graph to look at. */
export function Still({ document, before, selected = null, onSelect }: StillProps) {
  const t = useTranslations("designer");
  const theme = useTheme((state) => state.theme);
  const { flow, looks } = useMemo(() => drawn(document, before), [document, before]);
  const nodes = useMemo(
    () => flow.nodes.map((node) => ({ ...node, selected: node.data.node.key === selected })),
    [flow, selected],
  );
  const edges = useMemo(() => drawnEdges(flow), [flow]);
  function change(changes: NodeChange<FlowNode>[]): void {
    const selections = changes.filter((each) => each.type === "select");
    const chosen = selections.find((each) => each.selected)?.id;
    if (selections.length > 0)
      onSelect?.(nodes.find((node) => node.id === chosen)?.data.node.key ?? null);
  }
  return (
    <ReactFlowProvider>
      <LookContext value={(key) => looks.get(key) ?? PLAIN}>
        <ReactFlow
          nodes={nodes}
          edges={edges}
          nodeTypes={CARDS}
          colorMode={theme}
          nodesDraggable={false}
          nodesConnectable={false}
          deleteKeyCode={null}
          onNodesChange={change}
          fitView
          minZoom={0.1}
          onlyRenderVisibleElements
          aria-label={t("canvas")}
        >
          <Background gap={24} />
        </ReactFlow>
      </LookContext>
    </ReactFlowProvider>
  );
}

const PLAIN: Look = {};

/** The document with the nodes that it lost, and each node's change. */
function drawn(document: GraphDocument, before: GraphDocument | undefined) {
  const looks = new Map<string, Look>();
  if (!before) return { flow: toFlow(document), looks };
  const diff = compare(before, document);
  for (const key of diff.added) looks.set(key, { change: "added" });
  for (const key of diff.removed) looks.set(key, { change: "removed" });
  for (const { key } of diff.changed) looks.set(key, { change: "changed" });
  const gone = before.nodes.filter((node) => diff.removed.includes(node.key));
  const keys = new Set(document.nodes.map((node) => node.key));
  const kept = gone.map((node) => ({
    ...node,
    parent: node.parent && keys.has(node.parent) ? node.parent : null,
  }));
  const flow = toFlow({
    ...document,
    nodes: [...document.nodes, ...kept],
    edges: [...document.edges, ...diff.edgesRemoved],
  });
  return { flow, looks };
}
