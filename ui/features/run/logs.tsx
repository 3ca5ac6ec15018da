import { useTranslations } from "next-intl";
import { useEffect, useRef, useState } from "react";
import { Input, Select } from "@/components/field";
import { type LogLine, useRun } from "./store";

const SHOWN = 1_000;
const NEAR_END = 40;
const LEVELS = ["debug", "info", "warning", "error"] as const;
const COLOURS: Record<string, string> = {
  warning: "text-wait",
  error: "text-bad",
  debug: "text-ink-soft",
};

interface RunLogsProps {
  nodeKey?: string;
  path?: string | null;
}

/** Log lines as they come; the box stays at its end until somebody scrolls up. */
export function RunLogs({ nodeKey, path }: RunLogsProps) {
  const t = useTranslations("run");
  const logs = useRun((state) => state.logs);
  const [words, setWords] = useState("");
  const [level, setLevel] = useState("");
  const box = useRef<HTMLDivElement>(null);
  const following = useRef(true);
  const least = LEVELS.indexOf(level as (typeof LEVELS)[number]);
  const shown = logs
    .filter((line) => !nodeKey || line.node_key === nodeKey)
    .filter((line) => path === null || path === undefined || line.path === path)
    .filter((line) => least < 0 || LEVELS.indexOf(line.level as (typeof LEVELS)[number]) >= least)
    .filter((line) => !words || line.message.toLowerCase().includes(words.toLowerCase()))
    .slice(-SHOWN);
  // biome-ignore lint/correctness/useExhaustiveDependencies: every new line may need a scroll
  useEffect(() => {
    if (following.current && box.current) box.current.scrollTop = box.current.scrollHeight;
  }, [shown.length]);
  return (
    <div>
      {!nodeKey && (
        <div className="mb-2 flex gap-2">
          <Input
            aria-label={t("searchLogs")}
            placeholder={t("searchLogs")}
            value={words}
            onChange={(event) => setWords(event.target.value)}
            className="!w-56"
          />
          <Select
            aria-label={t("level")}
            value={level}
            onChange={(event) => setLevel(event.target.value)}
            className="!w-32"
          >
            <option value="">{t("allLevels")}</option>
            {LEVELS.map((each) => (
              <option key={each}>{each}</option>
            ))}
          </Select>
        </div>
      )}
      <div
        ref={box}
        role="log"
        aria-label={t("logs")}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keyboard
        tabIndex={0}
        onScroll={({ currentTarget: { scrollHeight, scrollTop, clientHeight } }) => {
          following.current = scrollHeight - scrollTop - clientHeight < NEAR_END;
        }}
        className="max-h-72 overflow-auto rounded-md bg-sunken p-2 font-mono text-[12px]"
      >
        {shown.length === 0 && <p className="font-sans text-ink-soft">{t("noLogs")}</p>}
        {shown.map((line, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: lines are only added
          <Line key={index} line={line} named={!nodeKey} />
        ))}
      </div>
    </div>
  );
}

function Line({ line, named }: { line: LogLine; named: boolean }) {
  return (
    <p className={`whitespace-pre-wrap break-words ${COLOURS[line.level] ?? ""}`}>
      <span className="text-ink-soft">{line.timestamp.slice(11, 23)} </span>
      {named && (
        <span className="text-run">
          {line.path ? `${line.node_key}[${line.path}]` : line.node_key}{" "}
        </span>
      )}
      {line.message}
    </p>
  );
}
