import {
  arranged,
  CARD,
  CONTAINERS,
  type GraphDocument,
  type GraphEdge,
  type GraphNode,
  toFlow,
} from "@/features/graph";

const GAP = { across: 56, down: 28 };

/**
 * A drafted document where `known` stands: what both have keeps its id and its place, and what is
 * new finds one. A draft says nothing of ids and places.
 */
export async function adopted(
  document: GraphDocument,
  known: GraphDocument,
): Promise<GraphDocument> {
  const kept = withKnown(document, known);
  const homeless = kept.nodes.filter((node) => !node.position);
  if (homeless.length === 0) return kept;
  // Inside a container, or with one, a new node moves what is around it.
  const alone = homeless.every((node) => !node.parent && !CONTAINERS.has(node.type));
  return alone && homeless.length < kept.nodes.length ? settled(kept, homeless) : arranged(kept);
}

function withKnown(document: GraphDocument, known: GraphDocument): GraphDocument {
  const nodes = new Map(known.nodes.map((node) => [node.key, node]));
  const edges = new Map(known.edges.map((edge) => [ends(edge), edge]));
  return {
    ...document,
    nodes: document.nodes.map((node) => withPlace(node, nodes.get(node.key))),
    edges: document.edges.map((edge) => ({ ...edge, id: edges.get(ends(edge))?.id ?? edge.id })),
  };
}

function withPlace(node: GraphNode, before: GraphNode | undefined): GraphNode {
  if (!before) return node;
  const stays = (before.parent ?? null) === (node.parent ?? null);
  const position = (stays ? before.position : null) ?? node.position ?? null;
  return { ...node, id: before.id, position };
}

function ends({ source, source_handle, target }: GraphEdge): string {
  return JSON.stringify([source, source_handle ?? null, target]);
}

interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** New nodes of the top level beside what leads to them, below what is there already. */
function settled(document: GraphDocument, homeless: GraphNode[]): GraphDocument {
  const boxes = boxesOf(document);
  const lead = (node: GraphNode) =>
    document.edges
      .filter((edge) => edge.target === node.key)
      .map((edge) => boxes.get(edge.source))
      .find((box) => box !== undefined);
  const open = [...homeless];
  while (open.length > 0) {
    // What another new node leads to waits for it, unless they lead in a circle.
    const next = open.find(lead) ?? (open[0] as GraphNode);
    open.splice(open.indexOf(next), 1);
    boxes.set(next.key, freeBox(boxes, lead(next)));
  }
  return { ...document, nodes: document.nodes.map((node) => placed(node, boxes.get(node.key))) };
}

function placed(node: GraphNode, box: Box | undefined): GraphNode {
  return node.position || !box ? node : { ...node, position: { x: box.x, y: box.y } };
}

/** Where the nodes of the top level are, by key. */
function boxesOf(document: GraphDocument): Map<string, Box> {
  const drawn = toFlow(document).nodes.filter((node) => !node.parentId && node.data.node.position);
  return new Map(
    drawn.map(({ data, position, width = CARD.width, height = CARD.height }) => [
      data.node.key,
      { ...position, width, height },
    ]),
  );
}

function freeBox(boxes: ReadonlyMap<string, Box>, after: Box | undefined): Box {
  const box = {
    x: after ? after.x + after.width + GAP.across : 0,
    y: after?.y ?? 0,
    width: CARD.width,
    height: CARD.height,
  };
  while ([...boxes.values()].some((each) => overlap(each, box))) box.y += GAP.down;
  return box;
}

function overlap(a: Box, b: Box): boolean {
  const across = a.x < b.x + b.width && b.x < a.x + a.width;
  return across && a.y < b.y + b.height + GAP.down && b.y < a.y + a.height + GAP.down;
}
