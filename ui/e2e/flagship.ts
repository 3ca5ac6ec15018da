import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { parse } from "yaml";
import type { GraphDocument, GraphNode, Json } from "@/features/graph/document";

const FOLDER = resolve(import.meta.dirname, "../../examples/rsi-screen");

/** The shipped trading method: what the tests draw, run and compare with. */
export const document = parse(readFileSync(`${FOLDER}/workflow.yaml`, "utf8")) as GraphDocument;
export const input = JSON.parse(readFileSync(`${FOLDER}/input.json`, "utf8")) as Record<
  string,
  Json
>;

export interface Step {
  node: GraphNode;
  /** What the palette calls it. */
  entry: string;
  /** The node that must be selected when this one is added; it is joined to it or lies inside it. */
  after: string | null;
  way: string | null;
}

/** The nodes in an order in which each can be added to what is there. */
export const steps: Step[] = document.nodes.map((node) => {
  const edge = document.edges.find((each) => each.target === node.key);
  return {
    node,
    entry: entryOf(node),
    after: edge?.source ?? node.parent ?? null,
    way: edge?.source_handle ?? null,
  };
});

/** Edges that adding the nodes in order does not draw. */
export const furtherEdges = document.edges.filter(
  (edge) => steps.find((step) => step.node.key === edge.target)?.after !== edge.source,
);

function entryOf(node: GraphNode): string {
  if (node.type !== "tool") return node.type;
  return node.config?.kind === "builtin"
    ? `builtin-${node.config.name}`
    : `tool-${node.config?.kind}`;
}
