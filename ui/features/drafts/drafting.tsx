"use client";

import { useTranslations } from "next-intl";
import { useState } from "react";
import { Button, ButtonLink } from "@/components/button";
import { Dialog } from "@/components/dialog";
import { Empty, Failure, Loaded, Loading } from "@/components/states";
import { isLive } from "@/components/status";
import { say } from "@/components/toasts";
import type { GraphDocument } from "@/features/graph";
import { Transcript } from "@/features/transcript";
import { adopted } from "./adopt";
import { type Draft, useDraft } from "./api";
import { Ask } from "./ask";
import { StepHeading } from "./heading";
import { forgetDraft } from "./last-draft";
import { Review, type Settling } from "./review";
import { useAdopted } from "./use-adopted";
import { Working } from "./working";

interface DraftingProps {
  /** The draft that is looked at; null asks for what is to be drafted. */
  draftId: string | null;
  onDraft: (id: string | null) => void;
  /** The workflow that is to be changed; none makes a new one. */
  workflowId?: string;
  /** That workflow as it is drawn now. */
  current?: () => GraphDocument;
  /** Stores what the agent is to start from. */
  prepare?: () => Promise<unknown>;
  onAccept: (document: GraphDocument) => Promise<unknown>;
  onClose: () => void;
}

/** From a text to a workflow: what is wanted, an agent that drafts it, and the draft to decide on. */
export function Drafting(props: DraftingProps) {
  const t = useTranslations("drafts");
  const { draftId, onDraft, workflowId, prepare, onClose } = props;
  const [text, setText] = useState("");
  const kind = workflowId ? "change" : "new";
  return (
    <Dialog
      open
      wide
      onOpenChange={onClose}
      title={t(`title.${kind}`)}
      description={t(`lead.${kind}`)}
    >
      {draftId === null ? (
        <Ask
          workflowId={workflowId}
          text={text}
          onText={setText}
          prepare={prepare}
          onDraft={onDraft}
          onClose={onClose}
        />
      ) : (
        <Drafted key={draftId} {...props} id={draftId} />
      )}
    </Dialog>
  );
}

function Drafted({ id, ...props }: DraftingProps & { id: string }) {
  const t = useTranslations("drafts");
  const { workflowId, current, onDraft, onAccept, onClose } = props;
  const query = useDraft(id);
  const settled = () => forgetDraft(workflowId, id);
  const settling: Settling = {
    onAccept: async (document) => {
      await onAccept(current ? await adopted(document, current()) : document);
      settled();
    },
    onDiscard: () => {
      settled();
      say(t("discarded"));
      onClose();
    },
    onAgain: () => onDraft(null),
  };
  return (
    <>
      <Loaded query={query}>
        {(draft) =>
          draft.workflow_id !== (workflowId ?? null) ? (
            <Elsewhere draft={draft} />
          ) : isLive(draft.status) ? (
            <Working draft={draft} />
          ) : (
            <Ended draft={draft} current={current} {...settling} />
          )
        }
      </Loaded>
      {query.error && !query.data && (
        <div className="mt-3 flex justify-end">
          <Button onClick={settling.onDiscard}>{t("discard")}</Button>
        </div>
      )}
    </>
  );
}

/** The draft is of another workflow than the one that is open. */
function Elsewhere({ draft: { id, workflow_id } }: { draft: Draft }) {
  const t = useTranslations("drafts");
  const query = new URLSearchParams({ ...(workflow_id && { id: workflow_id }), draft: id });
  return (
    <Empty title={t(workflow_id ? "ofOther" : "ofNew")}>
      <ButtonLink
        href={`${workflow_id ? "/workflows/edit" : "/workflows"}?${query}`}
        look="primary"
      >
        {t("openThere")}
      </ButtonLink>
    </Empty>
  );
}

interface EndedProps extends Settling {
  draft: Draft;
  current: (() => GraphDocument) | undefined;
}

function Ended({ draft, ...rest }: EndedProps) {
  const { base, document, placing } = useAdopted(draft);
  if (placing.error) return <Failure error={placing.error} />;
  if (placing.isPending) return <Loading />;
  if (!document) return <Nothing draft={draft} {...rest} />;
  return <Review draft={draft} base={base} document={document} {...rest} />;
}

/** A draft that came to nothing, and what can be done about it. */
function Nothing({ draft, onAgain, onDiscard }: EndedProps) {
  const t = useTranslations("drafts");
  return (
    <>
      <StepHeading>{t("nothingDrawn")}</StepHeading>
      <div role="alert" className="rounded-md bg-bad-soft p-3 text-bad">
        {draft.error && <p className="break-words font-medium">{draft.error.message}</p>}
        <p className="mt-1 text-xs">{t(draft.error ? "failedHint" : "emptyHint")}</p>
      </div>
      <div className="mt-3">
        <Transcript executionId={draft.id} live={false} />
      </div>
      <div className="mt-4 flex flex-wrap justify-end gap-2">
        <Button onClick={onDiscard}>{t("discard")}</Button>
        <ButtonLink href="/agents">{t("toAgents")}</ButtonLink>
        <Button look="primary" onClick={onAgain}>
          {t("again")}
        </Button>
      </div>
    </>
  );
}
