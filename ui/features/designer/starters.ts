import type { JsonObject } from "@/features/graph";

const PYTHON = `def main(value):
    return {"doubled": value * 2}
`;

// What a new node begins with, where nothing would be wrong at once.
const STARTERS: Record<string, JsonObject> = {
  trigger: {},
  condition: { branches: [{ handle: "yes", when: "{{ input.value > 0 }}" }], default: "no" },
  adapter: { output: {} },
  parallel: { items: "{{ input.items }}", max_concurrency: 10 },
  loop: { items: "{{ input.items }}" },
  aggregator: { wait: "all", merge: "list" },
  delay: { seconds: 60 },
  workflow: { workflow: "" },
  approval: { message: "Go on?", approval_seconds: 86_400 },
  event: { event: "prices.checked", wait_seconds: 86_400 },
  agent: { provider: "openai", model: "gpt-5.4-mini", prompt: "{{ input.question }}" },
  http: { kind: "http", method: "GET", url: "https://" },
  mcp: { kind: "mcp", server: "", tool: "" },
  python: { kind: "python", code: PYTHON },
  shell: { kind: "shell", script: "date" },
  builtin: { kind: "builtin", name: "echo" },
};

export function starter(kind: string): JsonObject {
  return structuredClone(STARTERS[kind] ?? {});
}
