import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { Button } from "@/components/button";
import { Dialog } from "@/components/dialog";
import { Empty, Failure, Loaded } from "@/components/states";
import { say } from "@/components/toasts";
import { When } from "@/components/when";
import { compare, DiffView, readDocument, Still } from "@/features/graph";
import { api, need } from "@/lib/api/client";
import { fetchDraft, saveNow } from "./autosave";
import { currentDocument, load, useDesigner } from "./store";

interface VersionsProps {
  open: boolean;
  onOpenChange: (open: boolean) => void;
}

/** What was published, what changed since, and the way back. */
export function Versions(props: VersionsProps) {
  const t = useTranslations("designer");
  return (
    <Dialog {...props} wide title={t("versions")} description={t("versionsLead")}>
      <History onRestored={() => props.onOpenChange(false)} />
    </Dialog>
  );
}

function History({ onRestored }: { onRestored: () => void }) {
  const t = useTranslations("designer");
  const workflowId = useDesigner((state) => state.workflowId);
  const [chosen, setChosen] = useState<number | null>(null);
  const list = useQuery({
    queryKey: ["versions", workflowId],
    queryFn: () =>
      need(
        api.GET("/api/v1/workflows/{workflow_id}/versions", {
          params: { path: { workflow_id: workflowId }, query: { limit: 100 } },
        }),
      ),
  });
  return (
    <Loaded query={list}>
      {({ items }) =>
        items.length === 0 ? (
          <Empty title={t("noVersions")}>{t("noVersionsHint")}</Empty>
        ) : (
          <div className="grid gap-4 md:grid-cols-[14rem_1fr]">
            <ul className="space-y-1">
              {items.map((version) => (
                <li key={version.version}>
                  <button
                    type="button"
                    aria-pressed={chosen === version.version}
                    onClick={() => setChosen(version.version)}
                    className="w-full rounded-md border border-line px-3 py-2 text-left hover:bg-sunken aria-pressed:border-accent"
                  >
                    <span className="font-medium">
                      {t("versionNumber", { version: version.version })}
                    </span>
                    <span className="block text-ink-soft text-xs">
                      <When at={version.created_at} />
                    </span>
                    {version.comment && (
                      <span className="block break-words text-xs">{version.comment}</span>
                    )}
                  </button>
                </li>
              ))}
            </ul>
            {chosen === null ? (
              <p className="text-ink-soft">{t("chooseVersion")}</p>
            ) : (
              <Version number={chosen} onRestored={onRestored} />
            )}
          </div>
        )
      }
    </Loaded>
  );
}

function Version({ number, onRestored }: { number: number; onRestored: () => void }) {
  const t = useTranslations("designer");
  const workflowId = useDesigner((state) => state.workflowId);
  const queries = useQueryClient();
  const version = useQuery({
    queryKey: ["version", workflowId, number],
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: () =>
      need(
        api.GET("/api/v1/workflows/{workflow_id}/versions/{number}", {
          params: { path: { workflow_id: workflowId, number } },
        }),
      ),
  });
  const restore = useMutation({
    mutationFn: async () => {
      await saveNow();
      await need(
        api.POST("/api/v1/workflows/{workflow_id}/versions/{number}/restore", {
          params: { path: { workflow_id: workflowId, number } },
        }),
      );
      return fetchDraft(workflowId);
    },
    onSuccess: (draft) => {
      load(workflowId, draft.version, draft.document);
      void queries.invalidateQueries({ queryKey: ["workflow", workflowId] });
      say(t("restored", { version: number }));
      onRestored();
    },
  });
  return (
    <Loaded query={version}>
      {(found) => {
        const document = readDocument(found.graph);
        const draft = currentDocument();
        return (
          <div className="min-w-0">
            <p className="mb-1 text-ink-soft text-xs">{t("versionToDraft", { version: number })}</p>
            <div className="h-72 overflow-hidden rounded-md border border-line">
              <Still document={draft} before={document} />
            </div>
            <div className="my-3">
              <DiffView diff={compare(document, draft)} />
            </div>
            {restore.error && <Failure error={restore.error} />}
            <Button busy={restore.isPending} onClick={() => restore.mutate()}>
              {t("restore", { version: number })}
            </Button>
          </div>
        );
      }}
    </Loaded>
  );
}
