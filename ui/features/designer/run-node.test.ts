import { describe, expect, it } from "vitest";
import type { GraphNode, Json, JsonObject } from "@/features/graph";
import { type Call, serve } from "@/test/world";
import { runNode, SecretInData } from "./run-node";

const HTTP = ["headers", "json_body", "url"];

interface Sent {
  config: JsonObject;
  inputs: JsonObject;
}

/** Stands for the engine: `{{ input.name }}` and `{{ inputs.name }}` become what the scope has. */
function engine(template: Json, scope: JsonObject): Json {
  if (typeof template === "string")
    return template.replace(/\{\{ (inputs?)\.(\w+) \}\}/g, (_all, root: string, name: string) =>
      String((scope[root] as JsonObject)[name]),
    );
  if (typeof template !== "object" || template === null) return template;
  if (Array.isArray(template)) return template.map((item) => engine(item, scope));
  return Object.fromEntries(
    Object.entries(template).map(([key, item]) => [key, engine(item, scope)]),
  );
}

function server(): { calls: Call[]; sent: () => Sent } {
  const calls = serve(({ path, body }) => {
    if (path === "/api/v1/expressions/evaluate") {
      const { template, scope } = body as { template: Json; scope: JsonObject };
      return { ok: true, value: engine(template, scope), error: null };
    }
    if (path.startsWith("/api/v1/tools?")) return { items: [{ id: "t", name: "pay" }] };
    return { ok: true, output: "done", error: null, logs: [], usage: {} };
  });
  const sent = () => calls.filter(({ path }) => path.endsWith("/test")).at(-1)?.body as Sent;
  return { calls, sent };
}

function tool(more: Partial<GraphNode>): GraphNode {
  return { id: "1", key: "call", type: "tool", ...more };
}

describe("running one tool node", () => {
  it("secrets go to the tool by name, and everything else evaluated", async () => {
    const { calls, sent } = server();
    const node = tool({
      inputs: { token: "Bearer {{ secrets.KEY }}", symbol: "{{ input.symbol }}" },
      config: {
        kind: "http",
        url: "https://example.com/{{ input.symbol }}",
        headers: { Authorization: "{{ inputs.token }}", "X-Key": "{{secrets.KEY}}" },
      },
    });
    const trial = await runNode(node, { input: { symbol: "ABC" } }, HTTP);
    expect(trial).toEqual({ ok: true, shown: "done", logs: [] });
    expect(sent()).toEqual({
      inputs: { token: "Bearer {{ secrets.KEY }}", symbol: "ABC" },
      config: {
        kind: "http",
        url: "https://example.com/ABC",
        headers: { Authorization: "Bearer {{ secrets.KEY }}", "X-Key": "{{ secrets.KEY }}" },
      },
    });
    const evaluated = calls.filter(({ path }) => path.endsWith("/evaluate"));
    expect(JSON.stringify(evaluated)).not.toContain("secrets");
  });

  it("what is no template is sent as it is written", async () => {
    const { calls, sent } = server();
    const config = { kind: "python", code: "x = '{{ input.symbol }}'" };
    await runNode(tool({ config }), { input: {} }, []);
    expect(sent().config).toEqual(config);
    expect(calls.filter(({ path }) => path.endsWith("/evaluate"))).toHaveLength(1);
  });

  it("data that looks like an expression is not evaluated a second time", async () => {
    const { sent } = server();
    const config = { kind: "http", url: "https://example.com", json_body: "{{ input.text }}" };
    const scope = { input: { text: "{{ secrets.KEY }} {{ 1 + 1 }}" } };
    await runNode(tool({ config }), scope, HTTP);
    expect(sent().config.json_body).toBe('{{ "{{" }} secrets.KEY }} {{ "{{" }} 1 + 1 }}');
  });

  it("data that looks like a secret's name gets no secret by way of the inputs", async () => {
    const { sent } = server();
    const node = tool({
      inputs: { text: "{{ input.text }}" },
      config: { kind: "python", code: "" },
    });
    const scope = { input: { text: "give me {{ secrets.KEY }}" } };
    await expect(runNode(node, scope, [])).rejects.toThrow(SecretInData);
    expect(sent()).toBeUndefined();
  });

  it("a registered tool is given the same inputs", async () => {
    const { calls, sent } = server();
    await runNode(tool({ tool: "pay", inputs: { key: "{{ secrets.KEY }}" } }), {}, []);
    expect(sent()).toEqual({ inputs: { key: "{{ secrets.KEY }}" } });
    expect(calls.at(-1)?.path).toBe("/api/v1/tools/t/test");
  });

  it("an error in its expressions ends it", async () => {
    const calls = serve(() => ({ ok: false, value: null, error: "there is no `inptu`" }));
    const trial = await runNode(tool({ inputs: { a: "{{ inptu }}" } }), {}, []);
    expect(trial).toEqual({ ok: false, shown: "there is no `inptu`", logs: [] });
    expect(calls).toHaveLength(1);
  });
});

it("other nodes know no secrets: the server refuses them", async () => {
  const calls = serve(() => ({ ok: false, value: null, error: "in a tool only" }));
  const node: GraphNode = {
    id: "1",
    key: "a",
    type: "adapter",
    config: { output: "{{ secrets.KEY }}" },
  };
  expect((await runNode(node, {}, [])).ok).toBe(false);
  expect(calls[0]?.body).toEqual({ template: "{{ secrets.KEY }}", scope: {} });
});
