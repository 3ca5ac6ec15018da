"use client";

import { CircleCheck, CircleX } from "lucide-react";
import { useFormatter, useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { duration } from "@/lib/format";
import type { Answer } from "./api";
import { pretty } from "./json";

const LEVELS = {
  debug: "text-ink-soft",
  info: "text-run",
  warning: "text-wait",
  error: "text-bad",
};

/** What came of trying a tool. */
export function Outcome({ answer }: { answer: Answer }) {
  const t = useTranslations("tools");
  return (
    <div className="space-y-4">
      <Verdict answer={answer} />
      {answer.error && <ErrorBox error={answer.error} />}
      {answer.ok && <Part title={t("output")}>{pretty(answer.output ?? null)}</Part>}
      {answer.logs.length > 0 && <Logs lines={answer.logs} />}
    </div>
  );
}

function Verdict({ answer: { ok, usage } }: { answer: Answer }) {
  const t = useTranslations("tools");
  const format = useFormatter();
  const tokens = (usage.tokens_in ?? 0) + (usage.tokens_out ?? 0);
  const Icon = ok ? CircleCheck : CircleX;
  return (
    <p
      className={`flex flex-wrap items-center gap-x-3 gap-y-1 rounded-md px-3 py-2 font-medium ${ok ? "bg-ok-soft text-ok" : "bg-bad-soft text-bad"}`}
    >
      <span className="inline-flex items-center gap-1.5">
        <Icon size={16} aria-hidden />
        {t(ok ? "succeeded" : "failed")}
      </span>
      <span className="font-normal text-xs">{duration(usage.ms)}</span>
      {tokens > 0 && (
        <span className="font-normal text-xs">
          {t("tokens", { in: usage.tokens_in ?? 0, out: usage.tokens_out ?? 0 })}
        </span>
      )}
      {(usage.cost_usd ?? 0) > 0 && (
        <span className="font-normal text-xs">
          {format.number(usage.cost_usd ?? 0, {
            style: "currency",
            currency: "USD",
            maximumFractionDigits: 6,
          })}
        </span>
      )}
    </p>
  );
}

function ErrorBox({ error }: { error: NonNullable<Answer["error"]> }) {
  const t = useTranslations("tools");
  return (
    <>
      <p className="break-words text-bad">
        <code className="mr-2 text-xs">{error.code}</code>
        {error.message}
      </p>
      {error.details != null && <Part title={t("details")}>{pretty(error.details)}</Part>}
    </>
  );
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section aria-label={title}>
      <h3 className="mb-1 font-medium text-[13px]">{title}</h3>
      <pre
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keyboard
        tabIndex={0}
        className="max-h-72 overflow-auto rounded-md border border-line bg-sunken p-3 font-mono text-xs"
      >
        {children}
      </pre>
    </section>
  );
}

function Logs({ lines }: { lines: Answer["logs"] }) {
  const t = useTranslations("tools");
  const format = useFormatter();
  return (
    <Part title={t("logs")}>
      {lines.map((line, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the lines of an answer do not move
        <span key={index} className="flex gap-2">
          <time dateTime={line.timestamp} className="shrink-0 text-ink-soft">
            {format.dateTime(new Date(line.timestamp), { timeStyle: "medium" })}
          </time>
          <span className={`w-14 shrink-0 ${LEVELS[line.level]}`}>{line.level}</span>
          <span className="min-w-0 whitespace-pre-wrap break-words">
            {line.message}
            {line.data != null && ` ${JSON.stringify(line.data)}`}
          </span>
        </span>
      ))}
    </Part>
  );
}
