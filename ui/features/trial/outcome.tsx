import { CircleCheck, CircleX } from "lucide-react";
import { useFormatter, useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { JsonView } from "@/components/json-view";
import type { Json, JsonObject } from "@/features/graph";
import { TRIAL_FIXES } from "@/lib/fixes";
import { duration } from "@/lib/format";
import type { Answer } from "./api";
import { Logs } from "./logs";

/** What came of trying a tool. */
export function Outcome({ answer }: { answer: Answer }) {
  const t = useTranslations("trial");
  return (
    <div className="space-y-4" data-outcome={answer.ok ? "ok" : "failed"}>
      <Verdict answer={answer} />
      {answer.error && <ErrorBox error={answer.error} />}
      {answer.ok && (
        <Part title={t("output")}>
          <JsonView value={answer.output as Json | undefined} />
        </Part>
      )}
      <Part title={t("logs")}>
        <Logs lines={answer.logs} />
      </Part>
    </div>
  );
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section aria-label={title}>
      <h3 className="mb-1 font-medium text-[13px]">{title}</h3>
      {children}
    </section>
  );
}

function Verdict({ answer: { ok, usage, output } }: { answer: Answer }) {
  const t = useTranslations("trial");
  const format = useFormatter();
  const { tokens_in = 0, tokens_out = 0, cost_usd = 0 } = usage;
  const Icon = ok ? CircleCheck : CircleX;
  const status = ok ? statusOf(output as Json | undefined) : null;
  return (
    <p
      className={`flex flex-wrap items-center gap-x-3 gap-y-1 rounded-md px-3 py-2 font-medium ${ok ? "bg-ok-soft text-ok" : "bg-bad-soft text-bad"}`}
    >
      <span className="inline-flex items-center gap-1.5">
        <Icon size={16} aria-hidden />
        {t(ok ? "succeeded" : "failed")}
      </span>
      {status !== null && <span className="font-normal text-xs">{t("status", { status })}</span>}
      <span className="font-normal text-xs">{duration(usage.ms)}</span>
      {tokens_in + tokens_out > 0 && (
        <span className="font-normal text-xs">
          {t("tokens", { in: tokens_in, out: tokens_out })}
        </span>
      )}
      {cost_usd > 0 && (
        <span className="font-normal text-xs">
          {format.number(cost_usd, {
            style: "currency",
            currency: "USD",
            maximumFractionDigits: 6,
          })}
        </span>
      )}
    </p>
  );
}

/** The status of an answer over HTTP; null for any other output. */
function statusOf(output: Json | undefined): number | null {
  if (typeof output !== "object" || output === null || Array.isArray(output)) return null;
  const isAnswer = "headers" in output && ("body" in output || "items" in output);
  return isAnswer && typeof output.status === "number" ? output.status : null;
}

function ErrorBox({ error }: { error: NonNullable<Answer["error"]> }) {
  const t = useTranslations("trial");
  const { traceback, ...details } = detailsOf(error.details as Json | undefined);
  return (
    <>
      <div role="alert" className="rounded-md bg-bad-soft p-3 text-bad">
        <p className="break-words font-medium">{error.message}</p>
        <p className="mt-1 text-xs">
          <code>{error.code}</code>
          {typeof details.line === "number" && ` · ${t("line", { line: details.line })}`}
        </p>
        <p className="mt-2 text-xs">
          {t(TRIAL_FIXES.has(error.code) ? `fix.${error.code as "Timeout"}` : "fix.other")}
        </p>
      </div>
      {typeof traceback === "string" && (
        <Part title={t("traceback")}>
          <pre
            // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keyboard
            tabIndex={0}
            className="max-h-72 overflow-auto whitespace-pre-wrap rounded-md bg-sunken p-2 text-[12px]"
          >
            {traceback}
          </pre>
        </Part>
      )}
      {Object.keys(details).length > 0 && (
        <Part title={t("details")}>
          <JsonView value={details} />
        </Part>
      )}
    </>
  );
}

function detailsOf(details: Json | undefined): JsonObject {
  if (details === undefined || details === null) return {};
  return typeof details === "object" && !Array.isArray(details) ? details : { details };
}
