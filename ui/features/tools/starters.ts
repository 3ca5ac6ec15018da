import type { Kind } from "./api";
import { type JsonObject, pretty } from "./json";

const STARTERS: Record<Kind, JsonObject> = {
  http: {
    method: "GET",
    url: "https://api.example.org/v1/prices",
    query: {},
    headers: { Accept: "application/json" },
  },
  python: {
    code: "def main(values):\n    print(f'{len(values)} values')\n    return sum(values) / len(values)\n",
  },
  shell: {
    script: 'printf \'%s\' "$INPUT_TEXT" | wc -w > "$OUTPUT"\n',
  },
  builtin: { name: "date", options: {} },
};

/** A configuration to begin with. */
export function starter(kind: Kind): string {
  return pretty(STARTERS[kind]);
}
