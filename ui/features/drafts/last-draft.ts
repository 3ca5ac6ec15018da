// The draft that was begun last and neither accepted nor discarded, for each workflow and for new ones.
function place(workflowId: string | undefined): string {
  return `pastetrader-draft-${workflowId ?? "new"}`;
}

export function lastDraft(workflowId: string | undefined): string | null {
  return localStorage.getItem(place(workflowId));
}

export function keepDraft(workflowId: string | undefined, id: string): void {
  localStorage.setItem(place(workflowId), id);
}

/** Forget a draft that is settled, unless another was begun since. */
export function forgetDraft(workflowId: string | undefined, id: string): void {
  if (lastDraft(workflowId) === id) localStorage.removeItem(place(workflowId));
}
