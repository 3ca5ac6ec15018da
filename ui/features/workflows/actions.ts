import { api, authorised, need, type Schemas } from "@/lib/api/client";
import { Problem } from "@/lib/api/problem";

export type Workflow = Schemas["WorkflowOut"];
export type Example = Schemas["Example"];
export type OnConflict = "fail" | "rename" | "replace";

export const WORKFLOWS = ["workflows"] as const;

export function editPath(id: string): string {
  return `/workflows/edit?id=${id}`;
}

export function runPath(id: string): string {
  return `/executions/view?id=${id}`;
}

/** Store a document, as it is written: the server's error then names its lines. */
export async function importText(text: string, onConflict: OnConflict): Promise<Workflow> {
  const kind = text.trimStart().startsWith("{") ? "application/json" : "application/yaml";
  const answer = await authorised(
    new Request(`/api/v1/workflows/import?on_conflict=${onConflict}`, {
      method: "POST",
      headers: { "Content-Type": kind },
      body: text,
    }),
  );
  if (!answer.ok) throw await Problem.of(answer);
  return answer.json();
}

export function importExample({ graph }: Example): Promise<Workflow> {
  return importText(JSON.stringify(graph), "rename");
}

export function start(id: string, input: unknown): Promise<Schemas["StartAnswer"]> {
  return need(
    api.POST("/api/v1/workflows/{workflow_id}/executions", {
      params: { path: { workflow_id: id } },
      body: { input },
    }),
  );
}

export function publish(id: string): Promise<Schemas["Published"]> {
  return need(
    api.POST("/api/v1/workflows/{workflow_id}/publish", { params: { path: { workflow_id: id } } }),
  );
}

export async function saveYaml({ id, name }: Workflow): Promise<void> {
  const answer = await authorised(new Request(`/api/v1/workflows/${id}/export?format=yaml`));
  if (!answer.ok) throw await Problem.of(answer);
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await answer.blob());
  link.download = `${name.replace(/[^\p{L}\p{N}._-]+/gu, "-")}.yaml`;
  link.click();
  URL.revokeObjectURL(link.href);
}

export function rename({ id, version }: Workflow, name: string): Promise<Workflow> {
  return need(
    api.PATCH("/api/v1/workflows/{workflow_id}", {
      params: { path: { workflow_id: id } },
      body: { name, version },
    }),
  );
}

export function duplicate({ id }: Workflow): Promise<Workflow> {
  return need(
    api.POST("/api/v1/workflows/{workflow_id}/duplicate", {
      params: { path: { workflow_id: id } },
      body: {},
    }),
  );
}

export function remove({ id }: Workflow): Promise<unknown> {
  return need(
    api.DELETE("/api/v1/workflows/{workflow_id}", { params: { path: { workflow_id: id } } }),
  );
}

export function restore({ id }: Workflow): Promise<Workflow> {
  return need(
    api.POST("/api/v1/workflows/{workflow_id}/restore", {
      params: { path: { workflow_id: id } },
    }),
  );
}
