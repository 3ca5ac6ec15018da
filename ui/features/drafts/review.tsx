import { useMutation } from "@tanstack/react-query";
import { CircleAlert, TriangleAlert } from "lucide-react";
import { useTranslations } from "next-intl";
import { useEffect, useMemo, useRef, useState } from "react";
import { Button } from "@/components/button";
import { Failure } from "@/components/states";
import { compare, DiffView, type GraphDocument, isEmpty, Still } from "@/features/graph";
import { Said } from "@/features/transcript";
import type { Draft, DraftProblem } from "./api";
import { StepHeading } from "./heading";
import { type Change, type NodeChange, nodeChanges } from "./node-changes";

export interface Settling {
  onAccept: (document: GraphDocument) => Promise<unknown>;
  onDiscard: () => void;
  onAgain: () => void;
}

interface ReviewProps extends Settling {
  draft: Draft;
  base: GraphDocument;
  document: GraphDocument;
  /** What the draft would take the place of, as it is now. */
  current: (() => GraphDocument) | undefined;
}

/** What a draft changes and why, to be accepted or not. */
export function Review({ draft, base, document, current, ...settling }: ReviewProps) {
  const t = useTranslations("drafts");
  const [selected, setSelected] = useState<string | null>(null);
  const [overtaken] = useState(() => current !== undefined && !isEmpty(compare(base, current())));
  const changes = useMemo(
    () => nodeChanges(base, document, draft.reasons),
    [base, document, draft.reasons],
  );
  return (
    <>
      <StepHeading>{t("ready")}</StepHeading>
      <Unfinished draft={draft} />
      {overtaken && <Notice text={t("overtaken")} />}
      {draft.text && (
        <div className="mb-3">
          <Said text={draft.text} />
        </div>
      )}
      <p className="mb-1 text-ink-soft text-xs">{t(draft.base ? "colours" : "allNew")}</p>
      <div className="grid gap-3 md:grid-cols-[1fr_18rem]">
        <div className="h-80 min-w-0 overflow-hidden rounded-md border border-line">
          <Still document={document} before={base} selected={selected} onSelect={setSelected} />
        </div>
        <Reasons changes={changes} selected={selected} onSelect={setSelected} />
      </div>
      <Findings problems={draft.problems} onSelect={setSelected} />
      <details className="mt-3">
        <summary className="cursor-pointer font-medium text-[13px]">{t("allChanges")}</summary>
        <div className="mt-1">
          <DiffView diff={compare(base, document)} />
        </div>
      </details>
      <Settle {...settling} document={document} isChange={Boolean(draft.base)} />
    </>
  );
}

/** Why it may not be whole. */
function Unfinished({ draft: { error, status } }: { draft: Draft }) {
  const t = useTranslations("drafts");
  if (error) return <Notice text={t("broken", { message: error.message })} />;
  return status === "completed" ? null : <Notice text={t("stopped")} />;
}

function Notice({ text }: { text: string }) {
  return (
    <p className="mb-3 flex gap-2 rounded-md bg-wait-soft px-3 py-2 text-wait">
      <TriangleAlert size={16} className="mt-0.5 shrink-0" aria-hidden />
      {text}
    </p>
  );
}

interface ReasonsProps {
  changes: NodeChange[];
  selected: string | null;
  onSelect: (key: string) => void;
}

/** The reasons, each beside its node: choosing one selects the other. */
function Reasons({ changes, selected, onSelect }: ReasonsProps) {
  const t = useTranslations("drafts");
  const list = useRef<HTMLUListElement>(null);
  useEffect(() => {
    if (selected === null) return;
    const chosen = list.current?.querySelector("[aria-pressed=true]");
    chosen?.scrollIntoView({ block: "nearest" });
  }, [selected]);
  if (changes.length === 0) return <p className="text-ink-soft">{t("noChanges")}</p>;
  return (
    <ul ref={list} aria-label={t("reasons")} className="max-h-80 space-y-1 overflow-auto p-0.5">
      {changes.map((each) => (
        <li key={each.key}>
          <button
            type="button"
            data-reason={each.key}
            aria-pressed={each.key === selected}
            onClick={() => onSelect(each.key)}
            className="w-full rounded-md border border-line px-3 py-2 text-left hover:bg-sunken aria-pressed:border-accent aria-pressed:bg-accent-soft"
          >
            <NodeLine change={each} />
            {each.fields.length > 0 && (
              <span className="block truncate font-mono text-ink-soft text-xs">
                {each.fields.join(", ")}
              </span>
            )}
            {each.reason && <span className="mt-0.5 block break-words">{each.reason}</span>}
          </button>
        </li>
      ))}
    </ul>
  );
}

const SIGNS: Record<Change, { sign: string; colour: string }> = {
  added: { sign: "+", colour: "text-ok" },
  removed: { sign: "−", colour: "text-bad" },
  changed: { sign: "~", colour: "text-wait" },
};

function NodeLine({ change: { title, change } }: { change: NodeChange }) {
  const t = useTranslations("drafts");
  return (
    <span className="flex items-baseline gap-1.5 font-medium text-[13px]">
      {change && (
        <span className={`font-mono ${SIGNS[change].colour}`}>
          <span aria-hidden>{SIGNS[change].sign}</span>
          <span className="sr-only">{t(`change.${change}`)}</span>
        </span>
      )}
      <span className="min-w-0 truncate">{title}</span>
    </span>
  );
}

interface FindingsProps {
  problems: DraftProblem[];
  onSelect: (key: string) => void;
}

/** What the validator finds in the draft; each leads to its node. */
function Findings({ problems, onSelect }: FindingsProps) {
  const t = useTranslations("drafts");
  const errors = problems.filter(({ severity }) => severity === "error").length;
  if (problems.length === 0) return <p className="mt-3 text-ink-soft">{t("noProblems")}</p>;
  return (
    <section aria-label={t("problems")} className="mt-3">
      <h4 className="mb-1 font-medium text-[13px]">
        {t("problemCount", { errors, warnings: problems.length - errors })}
      </h4>
      <ul className="rounded-md border border-line">
        {problems.map((problem) => (
          <li key={`${problem.code}${problem.path}${problem.message}`}>
            <button
              type="button"
              disabled={problem.nodes.length === 0}
              onClick={() => problem.nodes[0] !== undefined && onSelect(problem.nodes[0])}
              className="flex w-full gap-2 px-3 py-1 text-left enabled:hover:bg-sunken"
            >
              <CircleAlert
                size={14}
                aria-hidden
                className={`mt-0.5 shrink-0 ${problem.severity === "error" ? "text-bad" : "text-wait"}`}
              />
              <code className="shrink-0 text-xs leading-5">{problem.code}</code>
              <span className="min-w-0 break-words">
                {problem.message}
                {problem.suggestion && (
                  <span className="block text-ink-soft">{problem.suggestion}</span>
                )}
              </span>
            </button>
          </li>
        ))}
      </ul>
      <p className="mt-1 text-ink-soft text-xs">{t("problemsHint")}</p>
    </section>
  );
}

interface SettleProps extends Settling {
  document: GraphDocument;
  isChange: boolean;
}

function Settle({ document, isChange, onAccept, onDiscard, onAgain }: SettleProps) {
  const t = useTranslations("drafts");
  const accepting = useMutation({ mutationFn: () => onAccept(document) });
  return (
    <>
      {accepting.error && (
        <div className="mt-3">
          <Failure error={accepting.error} />
        </div>
      )}
      <p className="mt-4 text-ink-soft text-xs">{t(isChange ? "acceptHint" : "acceptNewHint")}</p>
      <div className="mt-2 flex flex-wrap justify-end gap-2">
        <Button look="quiet" className="mr-auto" onClick={onAgain}>
          {t("again")}
        </Button>
        <Button onClick={onDiscard}>{t("discard")}</Button>
        <Button
          look="primary"
          // Busy until what was accepted is shown.
          busy={accepting.isPending || accepting.isSuccess}
          onClick={() => accepting.mutate()}
        >
          {t(isChange ? "accept" : "acceptNew")}
        </Button>
      </div>
    </>
  );
}
