import { useFormatter, useTranslations } from "next-intl";
import { useEffect, useRef } from "react";
import type { Answer } from "./api";

const LEVELS = {
  debug: "text-ink-soft",
  info: "text-run",
  warning: "text-wait",
  error: "text-bad",
};

/** The log of a try, at its end. */
export function Logs({ lines }: { lines: Answer["logs"] }) {
  const t = useTranslations("trial");
  const format = useFormatter();
  const box = useRef<HTMLDivElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: new lines need a scroll
  useEffect(() => {
    if (box.current) box.current.scrollTop = box.current.scrollHeight;
  }, [lines]);
  return (
    <div
      ref={box}
      role="log"
      aria-label={t("logs")}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keyboard
      tabIndex={0}
      className="max-h-72 overflow-auto rounded-md bg-sunken p-2 font-mono text-[12px]"
    >
      {lines.length === 0 && <p className="font-sans text-ink-soft">{t("noLogs")}</p>}
      {lines.map((line, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the lines of an answer do not move
        <p key={index} className="flex gap-2">
          <time dateTime={line.timestamp} className="shrink-0 text-ink-soft">
            {format.dateTime(new Date(line.timestamp), { timeStyle: "medium" })}
          </time>
          <span className={`w-14 shrink-0 ${LEVELS[line.level ?? "info"]}`}>{line.level}</span>
          <span className="min-w-0 whitespace-pre-wrap break-words">
            {line.message}
            {line.data != null && ` ${JSON.stringify(line.data)}`}
          </span>
        </p>
      ))}
    </div>
  );
}
