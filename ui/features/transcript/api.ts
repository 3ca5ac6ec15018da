import { api, need } from "@/lib/api/client";
import type { Execution } from "@/lib/api/events";

const MOST = 100;

/** The run that a call of another run is; null before it has begun. */
export async function runBelow(above: string, place: string): Promise<Execution | null> {
  const query = { parent: above, limit: MOST };
  const { items } = await need(api.GET("/api/v1/executions", { params: { query } }));
  return items.find((run) => run.parent_node_key === place) ?? null;
}
