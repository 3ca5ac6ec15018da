import { configure, fireEvent, screen } from "@testing-library/react";
import { beforeEach, expect, it, vi } from "vitest";
import type { JsonObject } from "@/features/graph";
import { serve, show, signInAs } from "@/test/world";
import { currentDocument, load, useDesigner } from "../store";
import { Configuration } from "./configuration";

const text = { type: "string" };
const CATALOG = {
  nodes: [],
  builtins: [],
  tools: [
    ["http", { method: { enum: ["GET", "POST"] }, url: text, query: { type: "object" } }],
    ["mcp", { server: text, tool: text }],
    ["python", { code: text, packages: { type: "array", items: text } }],
    ["shell", { script: text }],
    ["newer", { knob: text }],
  ].map(([kind, properties]) => ({
    kind,
    title: kind,
    description: "",
    icon: "box",
    templated: [],
    config_schema: { type: "object", properties },
  })),
};
const SERVER = { id: "s", operator: true, name: "time" };
const TOOL = {
  name: "now",
  title: null,
  description: "Tells the time",
  input_schema: { type: "object", properties: { zone: text } },
  output_schema: null,
  hash: "h",
  state: "approved",
};

function Chosen() {
  const node = useDesigner((state) => state.nodes[0]);
  return node ? <Configuration id={node.id} node={node.data.node} /> : null;
}

function open(config: JsonObject): void {
  const node = { id: "n", key: "n", type: "tool", position: { x: 0, y: 0 }, config };
  load("w", 1, { name: "w", nodes: [node], edges: [] });
  show(<Chosen />);
}

const stored = () => currentDocument().nodes[0]?.config;

configure({ asyncUtilTimeout: 10_000 });
vi.setConfig({ testTimeout: 20_000 });

beforeEach(() => {
  signInAs("editor");
  serve(({ path }) => {
    if (path === "/api/v1/catalog") return CATALOG;
    if (path.endsWith("/tools") && path.includes("/mcp/")) return { items: [TOOL] };
    return { items: path.includes("/mcp/") ? [SERVER] : [], next_cursor: null };
  });
});

it("a request is built in the node, and asks for the inputs that it reads", async () => {
  open({ kind: "http", method: "GET", url: "https://example.org/{{ inputs.symbol }}" });
  expect(await screen.findByRole("tab", { name: "Headers" })).toBeTruthy();
  fireEvent.change(screen.getByLabelText("Method"), { target: { value: "POST" } });
  expect(stored()).toMatchObject({ kind: "http", method: "POST" });
  expect(screen.getByRole("button", { name: "symbol" })).toBeTruthy();
});

it("code of a node is written in its editor, its inputs offered by its main", async () => {
  open({ kind: "python", code: "def main(price):\n    return price\n" });
  expect(await screen.findByRole("textbox", { name: "Code" })).toBeTruthy();
  fireEvent.click(screen.getByRole("button", { name: "Add pandas" }));
  expect(stored()).toMatchObject({ kind: "python", packages: ["pandas"] });
  expect(screen.getByRole("button", { name: "price" })).toBeTruthy();
  // A node has no schema of its own to take.
  expect(screen.queryByRole("button", { name: "Use as the input schema" })).toBeNull();
});

it("a tool of an MCP server is chosen among the approved", async () => {
  open({ kind: "mcp", server: "", tool: "" });
  fireEvent.change(await screen.findByLabelText(/^MCP server/), { target: { value: "time" } });
  fireEvent.change(await screen.findByLabelText(/^Tool of the server/), {
    target: { value: "now" },
  });
  expect(stored()).toEqual({ kind: "mcp", server: "time", tool: "now" });
  expect(screen.getByText("Tells the time")).toBeTruthy();
  expect(screen.getByRole("button", { name: "zone" })).toBeTruthy();
});

it("a kind that only a newer server has is a form", async () => {
  open({ kind: "newer", knob: "1" });
  fireEvent.change(await screen.findByLabelText("Knob"), { target: { value: "2" } });
  expect(stored()).toEqual({ kind: "newer", knob: "2" });
});
