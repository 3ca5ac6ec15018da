import type { Json, JsonObject } from "@/features/graph";
import { secretMarks, type TextPiece } from "@/lib/secret-text";
import { evaluate } from "./evaluate";
import type { Scope } from "./scope";

const MOST_CHARACTERS = 300;

export type Previewed = { ok: true; pieces: TextPiece[] } | { ok: false; error: string };

/** What a template gives, as texts and the secrets between them, which are not looked up. */
export async function previewed(template: Json, scope: Scope): Promise<Previewed> {
  const marks = secretMarks();
  const put = scope.secrets ? marks.put : <T>(value: T) => value;
  let values = scope.values;
  const own = scope.inputs && inputsIn(template, scope.inputs);
  if (own) {
    const inputs = await evaluate(put(own), values);
    if (!inputs.ok) return inputs;
    values = { ...values, inputs: inputs.value };
  }
  const found = await evaluate(put(template), values);
  if (!found.ok) return found;
  const text = typeof found.value === "string" ? found.value : JSON.stringify(found.value);
  return { ok: true, pieces: shortened(marks.pieces(text), MOST_CHARACTERS) };
}

/** The inputs that a template may read, those whose names are in it; null when it reads none. */
function inputsIn(template: Json, inputs: JsonObject): JsonObject | null {
  const text = JSON.stringify(template);
  if (!/\binputs\b/.test(text)) return null;
  return Object.fromEntries(Object.entries(inputs).filter(([name]) => text.includes(name)));
}

/** The first pieces of a text, cut at `most` characters; a secret counts as its name. */
export function shortened(pieces: TextPiece[], most: number): TextPiece[] {
  let left = most;
  const found: TextPiece[] = [];
  for (const piece of pieces) {
    if (left <= 0) return [...found, "…"];
    const size = typeof piece === "string" ? piece.length : piece.secret.length;
    const cut = typeof piece === "string" && size > left;
    found.push(cut ? `${piece.slice(0, left - 1)}…` : piece);
    left -= size;
    if (cut) return found;
  }
  return found;
}
