import { Sparkles } from "lucide-react";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { Button } from "@/components/button";
import { say } from "@/components/toasts";
import { useMayWrite } from "@/features/auth";
import { Drafting, useDraftAddress } from "@/features/drafts";
import { saveNow } from "./autosave";
import { currentDocument, replace, useDesigner } from "./store";

/** Lets an agent change what is drawn; what it drafts is taken over as one step that can be undone. */
export function ChangeByText() {
  const t = useTranslations("designer");
  const workflowId = useDesigner((state) => state.workflowId);
  const [asked, setAsked] = useState(false);
  const [draftId, nameDraft] = useDraftAddress();
  const mayWrite = useMayWrite();
  function close(): void {
    setAsked(false);
    if (draftId !== null) nameDraft(null);
  }
  if (!mayWrite) return null;
  return (
    <>
      <Button onClick={() => setAsked(true)}>
        <Sparkles size={14} aria-hidden />
        {t("changeByText")}
      </Button>
      {(asked || draftId !== null) && (
        <Drafting
          draftId={draftId}
          workflowId={workflowId}
          current={currentDocument}
          prepare={async () => {
            // The agent starts from what is stored.
            if (!(await saveNow())) throw new Error(t("notStored"));
          }}
          onDraft={(id) => {
            setAsked(true);
            nameDraft(id);
          }}
          onAccept={async (document) => {
            replace(document);
            say(t("draftTaken"));
            close();
          }}
          onClose={close}
        />
      )}
    </>
  );
}
