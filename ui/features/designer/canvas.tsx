import {
  Background,
  type Connection,
  Controls,
  MiniMap,
  ReactFlow,
  useReactFlow,
} from "@xyflow/react";
import { useTranslations } from "next-intl";
import { type DragEvent, useCallback, useMemo, useState } from "react";
import {
  CARDS,
  drawnEdges,
  Far,
  type FlowEdge,
  type FlowNode,
  LookContext,
  refusal,
} from "@/features/graph";
import { useTheme } from "@/lib/theme";
import { PALETTE_TYPE } from "./palette";
import {
  addNode,
  connect,
  dragEnds,
  dragStarts,
  dropInto,
  edgesChanged,
  isWithin,
  type NewNode,
  nodesChanged,
  useDesigner,
} from "./store";
import { useProblemLook } from "./validation";

export function Canvas() {
  const t = useTranslations("designer");
  const nodes = useDesigner((state) => state.nodes);
  const edges = useDesigner((state) => state.edges);
  const drawn = useMemo(() => drawnEdges({ nodes, edges }), [nodes, edges]);
  const theme = useTheme((state) => state.theme);
  const [reason, setReason] = useState<string | null>(null);
  const drop = useDrop();
  const settle = useSettle();
  const valid = useCallback(
    (wanted: Connection | FlowEdge) => {
      const why = refusal(useDesigner.getState(), wanted as Connection);
      setReason(why ? t(`refusal.${why}`) : null);
      return why === null;
    },
    [t],
  );
  return (
    <LookContext value={useProblemLook}>
      <ReactFlow<FlowNode, FlowEdge>
        nodes={nodes}
        edges={drawn}
        nodeTypes={CARDS}
        colorMode={theme}
        onNodesChange={nodesChanged}
        onEdgesChange={edgesChanged}
        onConnect={connect}
        onConnectEnd={() => setReason(null)}
        isValidConnection={valid}
        onNodeDragStart={dragStarts}
        onNodeDragStop={settle}
        onSelectionDragStart={dragStarts}
        onSelectionDragStop={dragEnds}
        onDragOver={(event) => event.preventDefault()}
        onDrop={drop}
        deleteKeyCode={null}
        multiSelectionKeyCode={["Shift", "Meta", "Control"]}
        minZoom={0.1}
        snapToGrid
        snapGrid={[8, 8]}
        fitView
        fitViewOptions={{ maxZoom: 1, padding: 0.08 }}
        proOptions={{ hideAttribution: false }}
        aria-label={t("canvas")}
      >
        <Background gap={24} />
        <Far />
        <MiniMap pannable zoomable ariaLabel={t("minimap")} />
        <Controls showInteractive={false} />
      </ReactFlow>
      {nodes.length === 0 && <Invitation />}
      <p
        role="status"
        className={
          reason
            ? "pointer-events-none absolute top-3 left-1/2 z-10 -translate-x-1/2 rounded-md bg-bad-soft px-3 py-1.5 text-bad shadow"
            : "sr-only"
        }
      >
        {reason}
      </p>
    </LookContext>
  );
}

function Invitation() {
  const t = useTranslations("designer");
  return (
    <div className="pointer-events-none absolute inset-0 flex items-center justify-center">
      <div className="pointer-events-auto max-w-sm rounded-xl border border-line border-dashed bg-surface/90 p-6 text-center">
        <p className="font-semibold">{t("emptyTitle")}</p>
        <p className="mt-1 text-ink-soft">{t("emptyText")}</p>
        <button
          type="button"
          className="mt-4 rounded-md bg-accent px-4 py-2 font-medium text-accent-ink"
          onClick={() => addNode({ type: "trigger", name: "start" }, { position: { x: 0, y: 0 } })}
        >
          {t("addTrigger")}
        </button>
      </div>
    </div>
  );
}

/** The innermost container under a point of the canvas, leaving out the moved node itself. */
function useContainerAt() {
  const flow = useReactFlow<FlowNode, FlowEdge>();
  return useCallback(
    (point: { x: number; y: number }, moved?: string) => {
      const found = useDesigner
        .getState()
        .nodes.filter((node) => node.type === "container" && !(moved && isWithin(node.id, moved)))
        .filter((node) => {
          const at = flow.getInternalNode(node.id)?.internals.positionAbsolute;
          return (
            at &&
            point.x >= at.x &&
            point.y >= at.y &&
            point.x <= at.x + (node.width ?? 0) &&
            point.y <= at.y + (node.height ?? 0)
          );
        })
        .at(-1);
      const origin = found && flow.getInternalNode(found.id)?.internals.positionAbsolute;
      return { parentId: found?.id, origin: origin ?? { x: 0, y: 0 } };
    },
    [flow],
  );
}

function useDrop() {
  const flow = useReactFlow();
  const containerAt = useContainerAt();
  return useCallback(
    (event: DragEvent) => {
      const text = event.dataTransfer.getData(PALETTE_TYPE);
      if (!text) return;
      event.preventDefault();
      const point = flow.screenToFlowPosition({ x: event.clientX, y: event.clientY });
      const { parentId, origin } = containerAt(point);
      const position = { x: point.x - origin.x - 100, y: point.y - origin.y - 30 };
      addNode(JSON.parse(text) as NewNode, { position, parentId });
    },
    [flow, containerAt],
  );
}

/** When a drag ends over another container, the node moves into it. */
function useSettle() {
  const flow = useReactFlow<FlowNode, FlowEdge>();
  const containerAt = useContainerAt();
  return useCallback(
    (_event: unknown, node: FlowNode) => {
      const at = flow.getInternalNode(node.id)?.internals.positionAbsolute ?? node.position;
      const centre = { x: at.x + (node.width ?? 0) / 2, y: at.y + (node.height ?? 0) / 2 };
      const { parentId, origin } = containerAt(centre, node.id);
      if (parentId !== node.parentId && node.data.node.type !== "trigger")
        dropInto(node.id, parentId, { x: at.x - origin.x, y: at.y - origin.y });
      dragEnds();
    },
    [flow, containerAt],
  );
}
