import type { Json, JsonObject } from "@/features/graph";
import { api, need } from "@/lib/api/client";

export type Evaluated = { ok: true; value: Json } | { ok: false; error: string };

/** What a template gives on `scope`, by the server's own engine. It knows no secrets. */
export async function evaluate(template: Json, scope: JsonObject): Promise<Evaluated> {
  const { secrets: _secrets, ...known } = scope;
  const found = await need(
    api.POST("/api/v1/expressions/evaluate", { body: { template, scope: known } as never }),
  );
  return found.ok
    ? { ok: true, value: (found.value ?? null) as Json }
    : { ok: false, error: found.error ?? "" };
}
