import type { Schema } from "@/features/forms";
import type { JsonObject } from "@/features/graph";
import { inputsRead } from "./inputs-read";
import { readSignature, schemaOf } from "./python/signature";

/** The inputs that a configuration seems to want, while nobody has said them; null if it does not tell. */
export function guessedInputs(config: JsonObject): Schema | null {
  if (config.kind !== "python") return inputsRead(config);
  const signature = readSignature(String(config.code ?? ""));
  return signature && (schemaOf(signature) as unknown as Schema);
}
