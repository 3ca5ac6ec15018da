import type { Kind } from "./types";

export function viewPath(id: string): string {
  return `/triggers/view?${new URLSearchParams({ id })}`;
}

export function editPath(id: string): string {
  return `/triggers/edit?${new URLSearchParams({ id })}`;
}

/** The editor of a new one, of a workflow if one is given. */
export function newPath(kind: Kind, workflow: string): string {
  return `/triggers/edit?${new URLSearchParams({ kind, ...(workflow && { workflow }) })}`;
}
