import { ExternalLink } from "lucide-react";
import Link from "next/link";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { Select } from "@/components/field";
import { isLive, StatusBadge } from "@/components/status";
import { Transcript } from "@/features/transcript";
import { namedRun, type RunBelow, runsOf } from "./children";
import type { Execution, NodeRun } from "./store";

interface ChildRunProps {
  nodeKey: string;
  attempts: NodeRun[];
  /** The attempt that is looked at. */
  shown: NodeRun | undefined;
  runs: Execution[];
  onAttempt: (id: string) => void;
  /** Whether the run is an agent's, which has a conversation. */
  talks: boolean;
}

/** The run that a node is: its conversation or the way to it; of several, the chosen one. */
export function ChildRun({ nodeKey, attempts, shown, runs, onAttempt, talks }: ChildRunProps) {
  const t = useTranslations("run");
  const [chosen, setChosen] = useState<string | null>(null);
  const own = runsOf(nodeKey, attempts, runs);
  const id = chosen ?? runFor(shown, own);
  const run = own.find((each) => each.run.id === id)?.run;
  function choose(next: string): void {
    const attempt = own.find((each) => each.run.id === next)?.attempt;
    setChosen(attempt ? null : next);
    if (attempt) onAttempt(attempt.id);
  }
  if (id === null) return <p className="mt-3 text-ink-soft">{t("child.none")}</p>;
  return (
    <>
      {own.length > 1 && <Choice own={own} value={id} onChoose={choose} />}
      <p className="mt-3 flex flex-wrap items-center gap-3 text-xs">
        {run && <StatusBadge status={run.status} />}
        <Link
          href={`/executions/view?id=${id}`}
          className="inline-flex items-center gap-1 text-accent underline"
        >
          {t(talks ? "child.openAgent" : "child.openWorkflow")}
          <ExternalLink size={12} aria-hidden />
        </Link>
      </p>
      {talks && (
        <div className="mt-3">
          <Transcript key={id} executionId={id} live={run ? isLive(run.status) : false} />
        </div>
      )}
    </>
  );
}

/** The run of the shown attempt; else the one that goes on, else the newest. */
function runFor(shown: NodeRun | undefined, own: RunBelow[]): string | null {
  const named = shown ? namedRun(shown) : null;
  const paired = own.find((each) => shown && each.attempt?.id === shown.id);
  const fallback = own.filter((each) => isLive(each.run.status)).at(-1) ?? own.at(-1);
  return named ?? (paired ?? fallback)?.run.id ?? null;
}

interface ChoiceProps {
  own: RunBelow[];
  value: string;
  onChoose: (id: string) => void;
}

function Choice({ own, value, onChoose }: ChoiceProps) {
  const t = useTranslations("run");
  const status = useTranslations("status");
  return (
    <label className="mt-3 flex items-center gap-2">
      <span className="whitespace-nowrap text-[13px]">{t("child.which")}</span>
      <Select value={value} onChange={(event) => onChoose(event.target.value)}>
        {own.map(({ run, attempt }, index) => (
          <option key={run.id} value={run.id}>
            {attempt ? nameOf(attempt) : t("child.number", { number: index + 1 })} ·{" "}
            {status(run.status)}
          </option>
        ))}
      </Select>
    </label>
  );
}

function nameOf({ path, attempt }: NodeRun): string {
  return path ? `[${path}] #${attempt}` : `#${attempt}`;
}
