import "@xyflow/react/dist/style.css";
import "./canvas.css";

export { type Catalog, type NodeKind, type ToolKind, useCatalog } from "@/lib/api/catalog";
export { CARDS, useKind } from "./cards";
export {
  CARD,
  type Flow,
  type FlowEdge,
  type FlowNode,
  fitContainers,
  fromFlow,
  INSIDE,
  toFlow,
} from "./codec";
export { compensationsFor, drawnEdges, mayBeUndone, undoneKeys } from "./compensation";
export { compare, type GraphDiff, isEmpty } from "./diff";
export { DiffView } from "./diff-view";
export * from "./document";
export { Far } from "./far";
export { KindIcon } from "./icons";
export { arranged, needsLayout } from "./layout";
export { type Look, LookContext, useLook } from "./look";
export { type Refusal, refusal } from "./rules";
export { Still } from "./still";
