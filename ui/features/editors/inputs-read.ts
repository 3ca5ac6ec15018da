import type { Schema } from "@/features/forms";
import type { Json } from "@/features/graph";
import { mapTexts } from "@/lib/secret-text";

const BRACES = /\{\{(.*?)\}\}/gs;
// `inputs.name` and `inputs["name"]`, but not a field of something else that is called inputs.
const INPUT = /(?<![\w.\])])inputs\s*(?:\.\s*([A-Za-z_]\w*)|\[\s*(?:"([^"]+)"|'([^']+)')\s*\])/g;

/** The inputs that the templates of a configuration read, as a schema of anything; null for none. */
export function inputsRead(config: Json): Schema | null {
  const names = new Set<string>();
  mapTexts(config, (text) => {
    for (const [, inside = ""] of text.matchAll(BRACES))
      for (const [, plain, double, single] of inside.matchAll(INPUT))
        names.add(plain ?? double ?? single ?? "");
    return text;
  });
  if (names.size === 0) return null;
  return {
    type: "object",
    properties: Object.fromEntries([...names].map((name) => [name, {}])),
    required: [...names],
  };
}
