"use client";

import { ChevronUp } from "lucide-react";
import { useTranslations } from "next-intl";
import { type ReactNode, useLayoutEffect, useMemo, useRef, useState } from "react";
import { Button } from "@/components/button";
import { Failure, Loading } from "@/components/states";
import type { Approval } from "@/lib/api/events";
import { type Entry, entriesOf, errorOf, totalOf } from "./entries";
import { Failed } from "./failure";
import { useMarkdown } from "./load-markdown";
import { QuestionView } from "./question";
import { SpentLine } from "./spent";
import { type Transcribed, useTranscript } from "./store";
import { TurnView } from "./turn";

const SHOWN = 40;
const NEAR_END = 60;

interface TranscriptProps {
  executionId: string;
  /** False: only what is stored, without following the run. */
  live?: boolean;
}

/** What an agent's run has said and done; its approvals can be decided in place. */
export function Transcript({ executionId, live = true }: TranscriptProps) {
  return <Followed key={executionId} executionId={executionId} live={live} />;
}

function Followed({ executionId, live }: Required<TranscriptProps>) {
  const { known, learn } = useTranscript(executionId, live);
  return <TranscriptView known={known} onApproval={learn} />;
}

interface TranscriptViewProps {
  known: Transcribed;
  onApproval: (approval: Approval) => void;
  /** Fills the box that it is in, instead of having a height of its own. */
  fills?: boolean;
  /** Stands behind the last entry. */
  children?: ReactNode;
}

/** The same for who follows the run already. */
export function TranscriptView({ known, onApproval, fills, children }: TranscriptViewProps) {
  const t = useTranslations("transcript");
  const entries = useMemo(() => entriesOf(known.messages, known), [known]);
  // Drawn again when it is there, so that the box stays at its end.
  useMarkdown();
  const { box, shown, more, follow } = useEnd(entries);
  const error = known.execution?.error;
  if (!known.loaded && entries.length === 0 && !children)
    return known.error ? <Failure error={known.error} /> : <Loading />;
  return (
    <div className={fills ? "flex min-h-0 flex-1 flex-col" : ""}>
      <Connection known={known} />
      <section
        ref={box}
        aria-label={t("title")}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keyboard
        tabIndex={0}
        onScroll={follow}
        className={`overflow-auto p-1 ${fills ? "min-h-0 flex-1" : "max-h-[36rem]"}`}
      >
        {shown.length < entries.length && (
          <div className="mb-2 flex justify-center">
            <Button look="quiet" onClick={more}>
              <ChevronUp size={14} aria-hidden />
              {t("earlier", { count: entries.length - shown.length })}
            </Button>
          </div>
        )}
        {entries.length === 0 && !children && <p className="text-ink-soft">{t("nothing")}</p>}
        <ol className="space-y-3">
          {shown.map((entry) => (
            <li key={entry.key}>
              {entry.kind === "question" ? (
                <QuestionView question={entry} />
              ) : (
                <TurnView turn={entry} onApproval={onApproval} />
              )}
            </li>
          ))}
          {children}
        </ol>
        {error && !told(entries, error) && (
          <div className="mt-3">
            <Failed error={errorOf(error as never)} />
          </div>
        )}
      </section>
      <Foot entries={entries} />
      <Announcer entries={entries} />
    </div>
  );
}

/** Whether a turn shows the run's error already. */
function told(entries: readonly Entry[], error: Record<string, unknown>): boolean {
  return entries.some((each) => each.kind === "turn" && each.error?.message === error.message);
}

/** The newest entries, in a box that stays at its end until somebody scrolls up. */
function useEnd(entries: readonly Entry[]) {
  const box = useRef<HTMLElement>(null);
  const following = useRef(true);
  const before = useRef<number | null>(null);
  const [count, setCount] = useState(SHOWN);
  const shown = entries.slice(-count);
  useLayoutEffect(() => {
    if (!box.current) return;
    const { scrollHeight } = box.current;
    if (before.current !== null) box.current.scrollTop += scrollHeight - before.current;
    else if (following.current) box.current.scrollTop = scrollHeight;
    before.current = null;
  });
  return {
    box,
    shown,
    more: () => {
      before.current = box.current?.scrollHeight ?? null;
      setCount(count + SHOWN);
    },
    follow: () => {
      const { scrollHeight = 0, scrollTop = 0, clientHeight = 0 } = box.current ?? {};
      following.current = scrollHeight - scrollTop - clientHeight < NEAR_END;
    },
  };
}

function Connection({ known }: { known: Transcribed }) {
  const t = useTranslations("run");
  if (known.connection !== "lost") return null;
  return (
    <p role="status" className="rounded bg-wait-soft px-2 py-1 text-wait text-xs">
      {t("connection.lost")}
    </p>
  );
}

function Foot({ entries }: { entries: readonly Entry[] }) {
  const t = useTranslations("transcript");
  const spent = totalOf(entries);
  if (spent.tokensIn + spent.tokensOut === 0) return null;
  return (
    <p className="mt-2 text-ink-soft text-xs">
      {t("total")} <SpentLine spent={spent} />
    </p>
  );
}

/** Tells screen readers whole answers and what waits for them, not every piece of a text. */
function Announcer({ entries }: { entries: readonly Entry[] }) {
  const t = useTranslations("transcript");
  const last = entries.at(-1);
  const waiting =
    last?.kind === "turn" ? last.calls.find((call) => call.state === "waiting") : null;
  const text = waiting
    ? t("waitsFor", { name: waiting.name })
    : last?.kind === "turn" && !last.speaking
      ? last.text
      : "";
  return (
    <p aria-live="polite" data-announced className="sr-only">
      {text}
    </p>
  );
}
