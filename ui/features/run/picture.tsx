import { Background, Controls, MiniMap, type Node, ReactFlow } from "@xyflow/react";
import { useTranslations } from "next-intl";
import { type ReactNode, useCallback, useMemo, useState } from "react";
import { CARDS, drawnEdges, Far, type GraphDocument, LookContext, toFlow } from "@/features/graph";
import { useTheme } from "@/lib/theme";
import { useRunLook } from "./store";

interface PictureProps {
  document: GraphDocument;
  /** Key of the node that is selected at first. */
  first: string | null;
  onSelect: (key: string | null) => void;
  children: ReactNode;
}

/** The graph of the run, with what happens in it. */
export function Picture({ document, first, onSelect, children }: PictureProps) {
  const t = useTranslations("run");
  const theme = useTheme((state) => state.theme);
  const [begun] = useState(first);
  const flow = useMemo(() => {
    const drawn = toFlow(document);
    return {
      edges: drawnEdges(drawn),
      nodes: drawn.nodes.map((node) => ({ ...node, selected: node.data.node.key === begun })),
    };
  }, [document, begun]);
  const selected = useCallback(
    ({ nodes }: { nodes: Node[] }) => onSelect(keyOf(nodes[0])),
    [onSelect],
  );
  return (
    <LookContext value={useRunLook}>
      <ReactFlow
        defaultNodes={flow.nodes}
        defaultEdges={flow.edges}
        nodeTypes={CARDS}
        colorMode={theme}
        nodesDraggable={false}
        nodesConnectable={false}
        deleteKeyCode={null}
        onlyRenderVisibleElements
        minZoom={0.1}
        fitView
        fitViewOptions={{ maxZoom: 1, padding: 0.08 }}
        onSelectionChange={selected}
        aria-label={t("graph")}
      >
        <Background gap={24} />
        <Far />
        <MiniMap pannable zoomable ariaLabel={t("minimap")} />
        <Controls showInteractive={false} />
        {children}
      </ReactFlow>
    </LookContext>
  );
}

function keyOf(node: { data: Record<string, unknown> } | undefined): string | null {
  return node ? (node.data as { node: { key: string } }).node.key : null;
}
