import { useMutation, useQuery } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { Button } from "@/components/button";
import { Dialog } from "@/components/dialog";
import { Loaded } from "@/components/states";
import { complain, say } from "@/components/toasts";
import { compare, DiffView } from "@/features/graph";
import { authorised } from "@/lib/api/client";
import { Problem } from "@/lib/api/problem";
import { fetchDraft, saveNow } from "./autosave";
import { currentDocument, load, rebase, useDesigner } from "./store";

/** Another tab or person stored the draft meanwhile: shows the difference and lets people choose. */
export function Conflict() {
  const t = useTranslations("designer");
  const open = useDesigner((state) => state.save === "conflict");
  return (
    <Dialog
      open={open}
      onOpenChange={() => undefined}
      wide
      title={t("conflict.title")}
      description={t("conflict.lead")}
    >
      <Choice />
    </Dialog>
  );
}

function Choice() {
  const t = useTranslations("designer");
  const workflowId = useDesigner((state) => state.workflowId);
  const theirs = useQuery({
    queryKey: ["conflict", workflowId],
    queryFn: () => fetchDraft(workflowId),
    gcTime: 0,
  });
  const copy = useMutation({ mutationFn: keepAsCopy, onError: complain });
  return (
    <Loaded query={theirs}>
      {(draft) => (
        <>
          <h3 className="mb-1 font-medium">{t("conflict.difference")}</h3>
          <DiffView diff={compare(draft.document, currentDocument())} />
          <div className="mt-5 flex flex-wrap justify-end gap-2">
            <Button
              busy={copy.isPending}
              onClick={() =>
                copy.mutate(undefined, {
                  onSuccess: (name) => {
                    load(workflowId, draft.version, draft.document);
                    say(t("conflict.copied", { name }));
                  },
                })
              }
            >
              {t("conflict.copy")}
            </Button>
            <Button onClick={() => load(workflowId, draft.version, draft.document)}>
              {t("conflict.theirs")}
            </Button>
            <Button
              look="primary"
              onClick={() => {
                rebase(draft.version);
                void saveNow();
              }}
            >
              {t("conflict.mine")}
            </Button>
          </div>
        </>
      )}
    </Loaded>
  );
}

/** Store what is drawn here as a workflow of its own; its name. */
async function keepAsCopy(): Promise<string> {
  const request = new Request("/api/v1/workflows/import?on_conflict=rename", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(currentDocument()),
  });
  const answer = await authorised(request);
  if (!answer.ok) throw await Problem.of(answer);
  return ((await answer.json()) as { name: string }).name;
}
