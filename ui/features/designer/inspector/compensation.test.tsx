import { fireEvent, screen } from "@testing-library/react";
import { beforeEach, expect, it } from "vitest";
import type { GraphNode } from "@/features/graph";
import { show, signInAs } from "@/test/world";
import {
  currentDocument,
  insertDocument,
  load,
  nodeByKey,
  removeNodes,
  select,
  selectedDocument,
  undo,
  useDesigner,
} from "../store";
import { Compensation } from "./compensation";

const node = (key: string, type = "tool", more: Partial<GraphNode> = {}): GraphNode => ({
  id: key,
  key,
  type,
  position: { x: 0, y: 0 },
  ...more,
});

function Chosen({ id }: { id: string }) {
  const found = useDesigner((state) => state.nodes.find((each) => each.id === id));
  return found ? <Compensation flowNode={found} /> : null;
}

const stored = (key: string) => currentDocument().nodes.find((each) => each.key === key);

beforeEach(() => {
  signInAs("editor");
  load("w", 1, {
    name: "w",
    nodes: [node("book"), node("unbook", "tool", { name: "Undo it" }), node("look", "adapter")],
    edges: [],
  });
});

it("a node's compensation is chosen, stored, and taken away again", () => {
  show(<Chosen id="book" />);
  const picker = screen.getByLabelText("Compensation");
  expect([...picker.querySelectorAll("option")].map((each) => each.textContent)).toEqual([
    "None",
    "Undo it",
  ]);
  fireEvent.change(picker, { target: { value: "unbook" } });
  expect(stored("book")?.compensation).toBe("unbook");
  fireEvent.change(picker, { target: { value: "" } });
  expect(stored("book")).not.toHaveProperty("compensation");
});

it("what undoes says what; what has no effect has no picker", () => {
  useDesigner.setState(({ nodes }) => ({
    nodes: nodes.map((each) =>
      each.id === "book"
        ? { ...each, data: { node: { ...each.data.node, compensation: "unbook" } } }
        : each,
    ),
  }));
  show(<Chosen id="unbook" />);
  expect(screen.getByText(/Undoes “book”/)).toBeTruthy();
  show(<Chosen id="look" />);
  expect(screen.queryByLabelText("Compensation")).toBeNull();
});

it("one that is removed undoes nothing, until the removal is undone", () => {
  show(<Chosen id="book" />);
  fireEvent.change(screen.getByLabelText("Compensation"), { target: { value: "unbook" } });
  removeNodes(["unbook"]);
  expect(stored("book")).not.toHaveProperty("compensation");
  undo();
  expect(stored("book")?.compensation).toBe("unbook");
});

it("copies keep to themselves: with their own compensation, or without", () => {
  show(<Chosen id="book" />);
  fireEvent.change(screen.getByLabelText("Compensation"), { target: { value: "unbook" } });
  select(["book", "unbook"]);
  insertDocument(selectedDocument());
  expect(stored("book_2")?.compensation).toBe("unbook_2");
  select(["book"]);
  insertDocument(selectedDocument());
  expect(nodeByKey("book_3")?.data.node).not.toHaveProperty("compensation");
});
