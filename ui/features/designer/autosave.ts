import { useEffect } from "react";
import { readDocument } from "@/features/graph";
import { api, need } from "@/lib/api/client";
import { Problem } from "@/lib/api/problem";
import { currentDocument, load, useDesigner } from "./store";

const PAUSE_MS = 700;
const AGAIN_MS = 4_000;
const CHECK_MS = 5_000;

let saving: Promise<boolean> | null = null;

/** Store the draft if it changed; true when what is shown is stored. */
export async function saveNow(): Promise<boolean> {
  if (saving) await saving;
  const { revision, savedRevision, save } = useDesigner.getState();
  if (save === "conflict") return false;
  if (revision === savedRevision) return true;
  saving = put().finally(() => {
    saving = null;
  });
  return saving;
}

async function put(): Promise<boolean> {
  const { workflowId, version, revision } = useDesigner.getState();
  const { nodes, edges, ...settings } = currentDocument();
  useDesigner.setState({ save: "saving" });
  try {
    const stored = await need(
      api.PUT("/api/v1/workflows/{workflow_id}/graph", {
        params: { path: { workflow_id: workflowId } },
        body: { version, ...settings, nodes, edges } as never,
      }),
    );
    const unchanged = useDesigner.getState().revision === revision;
    useDesigner.setState({
      version: stored.version,
      savedRevision: revision,
      save: unchanged ? "saved" : "unsaved",
      saveError: null,
    });
    return unchanged;
  } catch (error) {
    const outdated = error instanceof Problem && error.code === "VERSION_MISMATCH";
    useDesigner.setState({
      save: outdated ? "conflict" : "failed",
      saveError: error instanceof Error ? error.message : String(error),
    });
    return false;
  }
}

/** Save a moment after each change, again after a failure, and before the page is left. */
export function useAutosave(): void {
  const revision = useDesigner((state) => state.revision);
  const savedRevision = useDesigner((state) => state.savedRevision);
  const save = useDesigner((state) => state.save);
  useEffect(() => {
    if (revision === savedRevision || save === "conflict") return;
    if (save === "saved") useDesigner.setState({ save: "unsaved" });
    const timer = setTimeout(() => void saveNow(), save === "failed" ? AGAIN_MS : PAUSE_MS);
    return () => clearTimeout(timer);
  }, [revision, savedRevision, save]);
  useEffect(() => {
    const warn = (event: BeforeUnloadEvent) => {
      const state = useDesigner.getState();
      if (state.revision === state.savedRevision) return;
      void saveNow();
      event.preventDefault();
    };
    window.addEventListener("beforeunload", warn);
    return () => window.removeEventListener("beforeunload", warn);
  }, []);
}

/** The draft as it is stored now. */
export async function fetchDraft(workflowId: string) {
  const found = await need(
    api.GET("/api/v1/workflows/{workflow_id}/graph", {
      params: { path: { workflow_id: workflowId } },
    }),
  );
  return { version: found.version, document: readDocument(found.graph) };
}

/** Take over what another tab or person stored, or tell of the conflict with what is unsaved here. */
export function useOthersChanges(onTaken: () => void): void {
  useEffect(() => {
    const timer = setInterval(() => void look(onTaken), CHECK_MS);
    const focus = () => void look(onTaken);
    window.addEventListener("focus", focus);
    return () => {
      clearInterval(timer);
      window.removeEventListener("focus", focus);
    };
  }, [onTaken]);
}

async function look(onTaken: () => void): Promise<void> {
  if (window.document.visibilityState !== "visible" || saving) return;
  const before = useDesigner.getState();
  if (!before.workflowId || before.save === "conflict") return;
  const draft = await fetchDraft(before.workflowId).catch(() => null);
  const now = useDesigner.getState();
  if (!draft || saving || draft.version <= now.version || now.workflowId !== before.workflowId)
    return;
  if (now.revision !== now.savedRevision) {
    useDesigner.setState({ save: "conflict" });
    return;
  }
  load(now.workflowId, draft.version, draft.document);
  onTaken();
}
