import { configure, fireEvent, screen, waitFor } from "@testing-library/react";
import { beforeEach, expect, it, vi } from "vitest";
import type { GraphNode } from "@/features/graph";
import { type Call, serve, show, signInAs } from "@/test/world";
import { currentDocument, load, useDesigner } from "../store";
import { Configuration } from "./configuration";

vi.mock("next/navigation", () => ({
  usePathname: () => "/workflows/edit",
  useRouter: () => ({ push: () => undefined, replace: () => undefined }),
  useSearchParams: () => new URLSearchParams(),
}));

configure({ asyncUtilTimeout: 10_000 });
vi.setConfig({ testTimeout: 20_000 });

const number = { anyOf: [{ type: "integer", minimum: 1 }, { type: "null" }] };
const AGENT_SCHEMA = {
  type: "object",
  $defs: { Budgets: { type: "object", properties: { max_tokens: number } } },
  properties: {
    parameters: { type: "object", properties: { seed: number } },
    budgets: { $ref: "#/$defs/Budgets" },
  },
};
const CATALOG = {
  builtins: [],
  tools: [],
  nodes: [{ type: "agent", description: "", config_schema: AGENT_SCHEMA }],
};
const CONFIG = { provider: "openai", model: "m", prompt: "{{ input.question }}" };

function Chosen() {
  const node = useDesigner((state) => state.nodes[0]);
  return node ? <Configuration id={node.id} node={node.data.node} /> : null;
}

function open(part: Partial<GraphNode>): void {
  const node = { id: "n", key: "ask", type: "agent", position: { x: 0, y: 0 }, ...part };
  load("w", 1, { name: "w", nodes: [node], edges: [] });
  show(<Chosen />);
}

const stored = () => currentDocument().nodes[0];

function answer({ method, path, body }: Call): unknown {
  if (path === "/api/v1/catalog") return CATALOG;
  if (path === "/api/v1/agents" && method === "POST")
    return { id: "a2", version: 1, ...(body as object) };
  if (path.startsWith("/api/v1/agents"))
    return { items: [{ id: "a1", name: "trader" }], next_cursor: null };
  return { items: [], next_cursor: null };
}

let calls: Call[] = [];

beforeEach(() => {
  signInAs("editor");
  calls = serve(answer);
});

it("a registered agent takes the node's prompt as an input", async () => {
  open({ config: CONFIG });
  await screen.findByRole("option", { name: "trader" });
  fireEvent.change(screen.getByLabelText("Agent"), { target: { value: "trader" } });
  expect(stored()).toMatchObject({ agent: "trader", inputs: { prompt: CONFIG.prompt } });
  expect(stored()?.config).toBeUndefined();
  expect(await screen.findByRole("link", { name: "Open the agent" })).toBeTruthy();
});

it("an agent of the node's own takes the prompt back", async () => {
  open({ agent: "trader", inputs: { prompt: "Buy" } });
  fireEvent.change(await screen.findByLabelText("Agent"), { target: { value: "" } });
  expect(stored()).toMatchObject({ config: { provider: "openai", prompt: "Buy" } });
  expect(stored()?.agent).toBeUndefined();
  expect(stored()?.inputs).toBeUndefined();
});

it("settings of the node's own are edited, and what is emptied is left out", async () => {
  open({ config: CONFIG });
  const tokens = await screen.findByLabelText("At most tokens");
  fireEvent.change(tokens, { target: { value: "5000" } });
  expect(stored()?.config).toEqual({ ...CONFIG, budgets: { max_tokens: 5000 } });
  fireEvent.change(tokens, { target: { value: "" } });
  expect(stored()?.config).toEqual(CONFIG);
  fireEvent.change(screen.getByLabelText(/^Server address/), { target: { value: "http://m" } });
  expect(stored()?.config).toEqual({ ...CONFIG, base_url: "http://m" });
});

it("is saved as an agent of its own, which the node then names", async () => {
  open({ name: "Asks", config: CONFIG });
  fireEvent.click(await screen.findByRole("button", { name: "Save as an agent of its own" }));
  await waitFor(() => expect(stored()?.agent).toBe("Asks"));
  expect(stored()).toMatchObject({ inputs: { prompt: CONFIG.prompt } });
  const made = calls.find(({ method, path }) => method === "POST" && path === "/api/v1/agents");
  expect(made?.body).toMatchObject({ name: "Asks", config: { provider: "openai", model: "m" } });
  expect(made?.body).not.toHaveProperty("config.prompt");
});
