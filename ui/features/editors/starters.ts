import type { JsonObject } from "@/features/graph";
import type { Kind } from "./editor";

const PYTHON = `def main(values: list[float]) -> float:
    print(f"{len(values)} values")
    return sum(values) / len(values)
`;
const STARTERS: Record<Kind, JsonObject> = {
  http: {
    kind: "http",
    method: "GET",
    url: "",
    headers: { Accept: "application/json" },
  },
  mcp: { kind: "mcp", server: "", tool: "" },
  python: { kind: "python", code: PYTHON },
  shell: { kind: "shell", script: 'printf \'%s\' "$INPUT_TEXT" | wc -w > "$OUTPUT"\n' },
  builtin: { kind: "builtin", name: "date", options: {} },
};

/** A configuration to begin with. */
export function starter(kind: Kind): JsonObject {
  return structuredClone(STARTERS[kind]);
}
