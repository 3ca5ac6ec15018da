import { describe, expect, it } from "vitest";
import type { GraphDocument } from "@/features/graph";
import { NOTHING, nodeChanges } from "./node-changes";

const base: GraphDocument = {
  name: "g",
  nodes: [
    { id: "1", key: "kept", type: "trigger" },
    { id: "2", key: "changed", type: "tool", config: { kind: "http", url: "old" } },
    { id: "3", key: "gone", type: "tool", name: "Gone" },
  ],
  edges: [],
};
const document: GraphDocument = {
  name: "g",
  nodes: [
    { id: "4", key: "added", type: "tool", name: "Added" },
    { id: "2", key: "changed", type: "tool", config: { kind: "http", url: "new" } },
    { id: "1", key: "kept", type: "trigger" },
  ],
  edges: [],
};

describe("what a draft does with each node", () => {
  it("tells what it adds, changes and takes away, with its reasons", () => {
    const found = nodeChanges(base, document, {
      added: "wanted",
      changed: "moved to another server",
    });
    expect(found).toEqual([
      { key: "added", title: "Added", change: "added", fields: [], reason: "wanted" },
      {
        key: "changed",
        title: "changed",
        change: "changed",
        fields: ["config"],
        reason: "moved to another server",
      },
      { key: "gone", title: "Gone", change: "removed", fields: [], reason: null },
    ]);
  });

  it("a node that stays as it is is only told of when there is a reason", () => {
    const found = nodeChanges(base, base, { kept: "it begins the run" });
    expect(found).toEqual([
      { key: "kept", title: "kept", change: null, fields: [], reason: "it begins the run" },
    ]);
  });

  it("of a new workflow everything is added", () => {
    const found = nodeChanges(NOTHING, document, {});
    expect(found.map(({ change }) => change)).toEqual(["added", "added", "added"]);
  });
});
