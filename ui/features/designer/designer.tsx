"use client";

import { useQuery } from "@tanstack/react-query";
import { ReactFlowProvider, useReactFlow } from "@xyflow/react";
import dynamic from "next/dynamic";
import { useSearchParams } from "next/navigation";
import { useTranslations } from "next-intl";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { Empty, Failure, Loading } from "@/components/states";
import { complain, say } from "@/components/toasts";
import { arranged, needsLayout } from "@/features/graph";
import { api, need } from "@/lib/api/client";
import { fetchDraft, saveNow, useAutosave, useOthersChanges } from "./autosave";
import { Canvas } from "./canvas";
import { Conflict } from "./conflict";
import { Inspector } from "./inspector/inspector";
import { restoreSamples } from "./last-run";
import { Palette } from "./palette";
import { Problems } from "./problems";
import { useShortcuts } from "./shortcuts";
import { currentDocument, load, replace, useDesigner } from "./store";
import { Toolbar } from "./toolbar";
import { useValidation } from "./validation";

// Opened now and then: the canvas need not wait for them.
const Find = dynamic(() => import("./find").then((found) => found.Find));
const PublishDialog = dynamic(() =>
  import("./publish-dialog").then((found) => found.PublishDialog),
);
const RunDialog = dynamic(() => import("./run-dialog").then((found) => found.RunDialog));
const ShortcutSheet = dynamic(() =>
  import("./shortcut-sheet").then((found) => found.ShortcutSheet),
);
const Versions = dynamic(() => import("./versions").then((found) => found.Versions));

/** The room of one workflow, given by `?id=`. */
export function Designer() {
  const t = useTranslations("designer");
  const id = useSearchParams().get("id");
  if (!id) return <Empty title={t("noWorkflow")} />;
  return (
    <ReactFlowProvider key={id}>
      <Opened id={id} />
    </ReactFlowProvider>
  );
}

function Opened({ id }: { id: string }) {
  const shown = useDesigner((state) => state.workflowId);
  const [error, setError] = useState<unknown>(null);
  const open = useCallback(async () => {
    setError(null);
    try {
      const { version, document } = await fetchDraft(id);
      load(id, version, needsLayout(document) ? await arranged(document) : document);
      restoreSamples(id);
    } catch (failure) {
      setError(failure);
    }
  }, [id]);
  useEffect(() => {
    void open();
    return () => {
      void saveNow();
      useDesigner.setState({ workflowId: "" });
    };
  }, [open]);
  if (error) return <Failure error={error} retry={() => void open()} />;
  return shown === id ? <Room id={id} /> : <Loading tall />;
}

type Panel = "run" | "publish" | "versions" | "find" | "help" | null;

function Room({ id }: { id: string }) {
  const t = useTranslations("designer");
  const search = useRef<HTMLInputElement>(null);
  const [panel, setPanel] = useState<Panel>(null);
  const arrange = useArrange();
  const { fitView } = useReactFlow();
  const workflow = useQuery({
    queryKey: ["workflow", id],
    queryFn: () =>
      need(api.GET("/api/v1/workflows/{workflow_id}", { params: { path: { workflow_id: id } } })),
  });
  const taken = useCallback(() => say(t("othersTaken")), [t]);
  const openers = useMemo(
    () => ({
      run: () => setPanel("run"),
      find: () => setPanel("find"),
      help: () => setPanel("help"),
      save: () => void saveNow(),
      arrange,
      fit: () => void fitView({ maxZoom: 1, padding: 0.08, duration: 250 }),
    }),
    [arrange, fitView],
  );
  useAutosave();
  useValidation();
  useOthersChanges(taken);
  useShortcuts(search, openers);
  const dialog = (name: Panel) => ({
    open: panel === name,
    onOpenChange: (open: boolean) => setPanel(open ? name : null),
  });
  return (
    <main id="main" className="flex h-full flex-col">
      <h1 className="sr-only">{t("designer")}</h1>
      <Toolbar
        published={workflow.data?.published_version}
        onRun={openers.run}
        onPublish={() => setPanel("publish")}
        onVersions={() => setPanel("versions")}
        onFind={openers.find}
        onHelp={openers.help}
        onArrange={arrange}
      />
      <div className="flex min-h-0 flex-1">
        <Palette search={search} />
        <div className="flex min-w-0 flex-1 flex-col">
          <div className="relative min-h-0 flex-1">
            <Canvas />
          </div>
          <Problems />
        </div>
        <Inspector />
      </div>
      <RunDialog {...dialog("run")} />
      <PublishDialog {...dialog("publish")} />
      <Versions {...dialog("versions")} />
      <Find {...dialog("find")} />
      <ShortcutSheet {...dialog("help")} />
      <Conflict />
    </main>
  );
}

function useArrange(): () => void {
  const flow = useReactFlow();
  return useCallback(() => {
    void arranged(currentDocument()).then((document) => {
      replace(document);
      requestAnimationFrame(() => void flow.fitView({ maxZoom: 1, padding: 0.08, duration: 250 }));
    }, complain);
  }, [flow]);
}
