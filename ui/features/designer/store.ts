import {
  applyEdgeChanges,
  applyNodeChanges,
  type Connection,
  type EdgeChange,
  type NodeChange,
} from "@xyflow/react";
import { create } from "zustand";
import {
  CARD,
  type Flow,
  type FlowEdge,
  type FlowNode,
  fitContainers,
  freeKey,
  fromFlow,
  type GraphDocument,
  type GraphEdge,
  type GraphNode,
  INSIDE,
  refusal,
  renameKey,
  renameKeys,
  type Settings,
  toFlow,
} from "@/features/graph";
import type { Schemas } from "@/lib/api/client";
import { newId } from "@/lib/new-id";

export type GraphProblem = Schemas["Problem"];
export type SaveState = "saved" | "saving" | "unsaved" | "failed" | "conflict";

const HISTORY = 100;
const SAME_EDIT_MS = 1_000;
const GAP = 72;

interface Designer extends Flow {
  workflowId: string;
  /** The stored draft's version that this one was made from. */
  version: number;
  settings: Settings;
  /** Grows with every change of the document. */
  revision: number;
  savedRevision: number;
  save: SaveState;
  saveError: string | null;
  past: GraphDocument[];
  future: GraphDocument[];
  lastEdit: { tag: string; at: number };
  problems: GraphProblem[];
}

const EMPTY: Designer = {
  workflowId: "",
  version: 0,
  settings: { name: "" },
  nodes: [],
  edges: [],
  revision: 0,
  savedRevision: 0,
  save: "saved",
  saveError: null,
  past: [],
  future: [],
  lastEdit: { tag: "", at: 0 },
  problems: [],
};

export const useDesigner = create<Designer>(() => EMPTY);
const { getState: now, setState: set } = useDesigner;

// Reading -----------------------------------------------------------------------------------------

export function currentDocument(state: Designer = now()): GraphDocument {
  return fromFlow(state, state.settings);
}

export function selectedNodes(state: Designer = now()): FlowNode[] {
  return state.nodes.filter((node) => node.selected);
}

export function nodeByKey(key: string): FlowNode | undefined {
  return now().nodes.find((node) => node.data.node.key === key);
}

// Whole documents ---------------------------------------------------------------------------------

/** Show a stored draft, with nothing to undo. */
export function load(workflowId: string, version: number, document: GraphDocument): void {
  set({ ...EMPTY, ...drawn(document), workflowId, version });
}

/** Put a document in the place of the current one; it can be undone. */
export function replace(document: GraphDocument): void {
  record("");
  set({ ...drawn(document), revision: now().revision + 1 });
}

/** Go on from a version that somebody else stored, keeping our document. */
export function rebase(version: number): void {
  set({ version, revision: now().revision + 1, save: "unsaved" });
}

export function undo(): void {
  const { past, future, revision } = now();
  const before = past.at(-1);
  if (!before) return;
  set({
    ...drawn(before),
    past: past.slice(0, -1),
    future: [...future, currentDocument()],
    revision: revision + 1,
    lastEdit: EMPTY.lastEdit,
  });
}

export function redo(): void {
  const { past, future, revision } = now();
  const after = future.at(-1);
  if (!after) return;
  set({
    ...drawn(after),
    past: [...past, currentDocument()],
    future: future.slice(0, -1),
    revision: revision + 1,
    lastEdit: EMPTY.lastEdit,
  });
}

function drawn(document: GraphDocument): Flow & { settings: Settings } {
  const { nodes: _nodes, edges: _edges, ...settings } = document;
  const chosen = new Set(selectedNodes().map((node) => node.id));
  const flow = toFlow(document);
  return {
    settings,
    edges: flow.edges,
    nodes: flow.nodes.map((node) => (chosen.has(node.id) ? { ...node, selected: true } : node)),
  };
}

/** Remember the document before a change; edits under one tag, shortly after each other, are one. */
function record(tag: string): void {
  const { past, lastEdit } = now();
  const at = Date.now();
  const same = tag !== "" && tag === lastEdit.tag && at - lastEdit.at < SAME_EDIT_MS;
  set({
    lastEdit: { tag, at },
    ...(same ? {} : { past: [...past.slice(1 - HISTORY), currentDocument()], future: [] }),
  });
}

function change(tag: string, edit: (state: Designer) => Partial<Designer>): void {
  record(tag);
  set((state) => ({ ...edit(state), revision: state.revision + 1 }));
}

// The canvas --------------------------------------------------------------------------------------

export function nodesChanged(changes: NodeChange<FlowNode>[]): void {
  const removed = changes.filter((each) => each.type === "remove").map((each) => each.id);
  if (removed.length > 0) {
    removeNodes(removed);
    return;
  }
  const moves = changes.some((each) => each.type === "position");
  set((state) => {
    const nodes = applyNodeChanges(changes, state.nodes);
    return { nodes: moves ? fitContainers(nodes) : nodes };
  });
}

export function edgesChanged(changes: EdgeChange<FlowEdge>[]): void {
  const removed = changes.filter((each) => each.type === "remove").map((each) => each.id);
  if (removed.length > 0) {
    removeEdges(removed);
    return;
  }
  set((state) => ({ edges: applyEdgeChanges(changes, state.edges) }));
}

/** Before a drag, so that all of it is undone at once. */
export function dragStarts(): void {
  record("");
}

export function dragEnds(): void {
  set((state) => ({ nodes: fitContainers(state.nodes), revision: state.revision + 1 }));
}

export function connect(wanted: Connection): boolean {
  if (refusal(now(), wanted) !== null) return false;
  change("", ({ edges }) => ({ edges: [...edges, newEdge(wanted)] }));
  return true;
}

function newEdge(wanted: Connection): FlowEdge {
  const id = newId();
  const edge: GraphEdge = { id, source: "", target: "" };
  return { id, ...wanted, sourceHandle: wanted.sourceHandle ?? null, data: { edge } };
}

export function select(ids: Iterable<string>): void {
  const wanted = new Set(ids);
  set((state) => ({
    nodes: state.nodes.map((node) => {
      const selected = wanted.has(node.id);
      return Boolean(node.selected) === selected ? node : { ...node, selected };
    }),
    edges: state.edges.map((edge) => (edge.selected ? { ...edge, selected: false } : edge)),
  }));
}

// Nodes -------------------------------------------------------------------------------------------

export interface NewNode {
  type: string;
  name: string;
  config?: GraphNode["config"];
  tool?: string;
}

interface Placement {
  position?: { x: number; y: number };
  parentId?: string | undefined;
  /** Join the new node to this one, by this way out. */
  after?: { id: string; way: string | null } | undefined;
}

/** Add a node, select it, and give its id. */
export function addNode(spec: NewNode, placement: Placement = {}): string {
  const { name, ...rest } = spec;
  const id = newId();
  change("", ({ nodes, edges }) => {
    const source = nodes.find((node) => node.id === placement.after?.id);
    const parentId = source ? source.parentId : placement.parentId;
    const key = freeKey(name, new Set(nodes.map((node) => node.data.node.key)));
    const node: GraphNode = { id, key, name, ...rest };
    const position = placement.position ?? freePlace(nodes, source, parentId);
    const added: FlowNode = {
      ...toFlow({ name: "", nodes: [node], edges: [] }).nodes[0],
    } as FlowNode;
    const placed = { ...added, position, selected: true, ...(parentId ? { parentId } : {}) };
    const joined =
      placement.after && spec.type !== "trigger"
        ? [
            newEdge({
              source: placement.after.id,
              sourceHandle: placement.after.way,
              target: id,
              targetHandle: null,
            }),
          ]
        : [];
    return {
      nodes: fitContainers([...nodes.map((each) => ({ ...each, selected: false })), placed]),
      edges: [...edges, ...joined],
    };
  });
  return id;
}

function freePlace(
  nodes: FlowNode[],
  source: FlowNode | undefined,
  parentId: string | undefined,
): { x: number; y: number } {
  const beside = nodes.filter((node) => node.parentId === parentId);
  const right = (node: FlowNode) => node.position.x + (node.width ?? CARD.width);
  const start = parentId ? { x: INSIDE.side, y: INSIDE.top } : { x: 0, y: 0 };
  const rightmost = [...beside].sort((a, b) => right(b) - right(a))[0];
  const from = source ?? rightmost;
  const place = from ? { x: right(from) + GAP, y: from.position.y } : start;
  const taken = (y: number) =>
    beside.some(
      (node) =>
        Math.abs(node.position.x - place.x) < CARD.width &&
        node.position.y < y + CARD.height &&
        y < node.position.y + (node.height ?? CARD.height),
    );
  while (taken(place.y)) place.y += CARD.height + GAP / 2;
  return place;
}

/** Change fields of a node; edits under one tag are undone together. */
export function editNode(id: string, patch: Partial<GraphNode>, tag = ""): void {
  change(tag && `${id} ${tag}`, ({ nodes, edges }) => {
    const changed = nodes.map((node) =>
      node.id === id ? { ...node, data: { node: cleaned({ ...node.data.node, ...patch }) } } : node,
    );
    return { nodes: fitContainers(changed), edges };
  });
}

/** Fields that are unset are left out of the document. */
function cleaned(node: GraphNode): GraphNode {
  return Object.fromEntries(
    Object.entries(node).filter(([, value]) => value !== undefined && value !== null),
  ) as unknown as GraphNode;
}

/** Change a node's key wherever it is mentioned; false when it is taken. */
export function changeKey(id: string, key: string): boolean {
  const node = now().nodes.find((each) => each.id === id);
  if (!node || now().nodes.some((each) => each.id !== id && each.data.node.key === key))
    return false;
  if (node.data.node.key !== key) replace(renameKey(currentDocument(), node.data.node.key, key));
  return true;
}

/** Move a node into a container, or out of all; edges to what stays elsewhere go. */
export function moveInto(id: string, parentId: string | undefined): void {
  change("", (flow) => rehoused(flow, id, parentId, freePlace(flow.nodes, undefined, parentId)));
}

/** After a drag, which is remembered already: take a node up by the container it was dropped on. */
export function dropInto(
  id: string,
  parentId: string | undefined,
  position: { x: number; y: number },
): void {
  set((flow) => rehoused(flow, id, parentId, position));
}

function rehoused(
  { nodes, edges }: Flow,
  id: string,
  parentId: string | undefined,
  position: { x: number; y: number },
): Flow {
  const moved = nodes.map((node) => {
    if (node.id !== id) return node;
    const { parentId: _old, ...rest } = node;
    return { ...rest, position, ...(parentId ? { parentId } : {}) };
  });
  return {
    nodes: fitContainers(ordered(moved)),
    edges: edges.filter((edge) => edge.source !== id && edge.target !== id),
  };
}

/** Containers before what they hold, as React Flow wants it. */
function ordered(nodes: FlowNode[]): FlowNode[] {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const depth = (node: FlowNode): number =>
    node.parentId ? 1 + depth(byId.get(node.parentId) as FlowNode) : 0;
  return [...nodes].sort((a, b) => depth(a) - depth(b));
}

/** Whether one node is, or lies anywhere inside, the other. */
export function isWithin(id: string | undefined, container: string): boolean {
  const byId = new Map(now().nodes.map((node) => [node.id, node]));
  for (let at = id; at; at = byId.get(at)?.parentId) if (at === container) return true;
  return false;
}

export function removeNodes(ids: string[]): void {
  const gone = new Set(
    now()
      .nodes.filter((node) => ids.some((id) => isWithin(node.id, id)))
      .map((node) => node.id),
  );
  change("", ({ nodes, edges }) => ({
    nodes: fitContainers(withoutLost(nodes.filter((node) => !gone.has(node.id)))),
    edges: edges.filter((edge) => !gone.has(edge.source) && !gone.has(edge.target)),
  }));
}

/** A compensation that is gone undoes nothing. */
function withoutLost(nodes: FlowNode[]): FlowNode[] {
  const keys = new Set(nodes.map((node) => node.data.node.key));
  return nodes.map((node) => {
    const { compensation, ...rest } = node.data.node;
    return !compensation || keys.has(compensation) ? node : { ...node, data: { node: rest } };
  });
}

export function removeEdges(ids: string[]): void {
  const gone = new Set(ids);
  change("", ({ edges }) => ({ edges: edges.filter((edge) => !gone.has(edge.id)) }));
}

export function removeSelected(): void {
  const nodes = selectedNodes().map((node) => node.id);
  const edges = now().edges.filter((edge) => edge.selected);
  if (nodes.length > 0) removeNodes(nodes);
  else if (edges.length > 0) removeEdges(edges.map((edge) => edge.id));
}

export function editSettings(patch: Partial<Settings>, tag = ""): void {
  change(tag && `settings ${tag}`, ({ settings }) => ({ settings: { ...settings, ...patch } }));
}

// Several nodes -----------------------------------------------------------------------------------

export type Alignment = "left" | "top" | "columns" | "rows";

/** Line up the selected nodes, or space them evenly. */
export function align(how: Alignment): void {
  const chosen = selectedNodes();
  if (chosen.length < 2) return;
  const axis = how === "left" || how === "columns" ? "x" : "y";
  const sorted = [...chosen].sort((a, b) => a.position[axis] - b.position[axis]);
  const first = sorted[0]?.position[axis] ?? 0;
  const last = sorted.at(-1)?.position[axis] ?? 0;
  const spread = how === "columns" || how === "rows" ? (last - first) / (sorted.length - 1) : 0;
  const places = new Map(sorted.map((node, index) => [node.id, first + spread * index]));
  change("", ({ nodes }) => ({
    nodes: fitContainers(
      nodes.map((node) => {
        const place = places.get(node.id);
        if (place === undefined) return node;
        return { ...node, position: { ...node.position, [axis]: place } };
      }),
    ),
  }));
}

/** What is selected, with all that containers hold and the edges between, as a document. */
export function selectedDocument(): GraphDocument {
  const chosen = selectedNodes().map((node) => node.id);
  const { nodes, edges } = now();
  const inside = nodes.filter((node) => chosen.some((id) => isWithin(node.id, id)));
  const ids = new Set(inside.map((node) => node.id));
  const flow = {
    nodes: inside,
    edges: edges.filter((edge) => ids.has(edge.source) && ids.has(edge.target)),
  };
  return fromFlow(flow, { name: "clipboard" });
}

/** Add a document's nodes under free keys and select them. */
export function insertDocument(given: GraphDocument, offset = 40): void {
  const taken = new Set(now().nodes.map((node) => node.data.node.key));
  const names = new Map<string, string>();
  for (const { key } of given.nodes) {
    names.set(key, freeKey(key, taken));
    taken.add(names.get(key) ?? key);
  }
  const document = renameKeys(given, names);
  const fresh: GraphDocument = {
    ...document,
    nodes: document.nodes.map((node) => ({
      ...node,
      id: newId(),
      position: node.parent
        ? (node.position ?? null)
        : { x: (node.position?.x ?? 0) + offset, y: (node.position?.y ?? 0) + offset },
    })),
    edges: document.edges.map((edge) => ({ ...edge, id: newId() })),
  };
  const drawn = toFlow(fresh);
  const flow = { ...drawn, nodes: withoutLost(drawn.nodes) };
  change("", ({ nodes, edges }) => ({
    nodes: [
      ...nodes.map((node) => ({ ...node, selected: false })),
      ...flow.nodes.map((node) => ({ ...node, selected: !node.parentId })),
    ],
    edges: [...edges, ...flow.edges],
  }));
}
