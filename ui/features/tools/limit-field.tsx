"use client";

import { useTranslations } from "next-intl";
import { useState } from "react";
import { TextField } from "@/components/field";
import type { Schemas } from "@/lib/api/client";

export type Limit = NonNullable<Schemas["ToolOut"]["rate_limit"]>;

const MOST_CONCURRENT = 1_000;
const MOST_CALLS = 1_000_000;
const LONGEST_SECONDS = 86_400;

interface LimitFieldProps {
  value: Limit | null;
  onChange: (limit: Limit | null) => void;
}

/** How often a tool may run; nothing in it is no limit. */
export function LimitField({ value, onChange }: LimitFieldProps) {
  const t = useTranslations("tools");
  // As written, so that the period stays while the number of calls is written anew.
  const [period, setPeriod] = useState(String(value?.per_seconds ?? 1));
  const concurrent = value?.max_concurrent ?? null;
  const calls = value?.max_calls ?? null;
  function tell(change: { concurrent?: number | null; calls?: number | null; period?: string }) {
    const next = { concurrent, calls, period, ...change };
    if (next.concurrent === null && next.calls === null) return onChange(null);
    onChange({
      max_concurrent: next.concurrent,
      max_calls: next.calls,
      per_seconds: Number(next.period) || 1,
    });
  }
  return (
    <fieldset className="mb-3 rounded-md border border-line p-3 pb-0">
      <legend className="px-1 font-medium text-[13px]">{t("limit.title")}</legend>
      <p className="mb-2 text-ink-soft text-xs">{t("limit.lead")}</p>
      <div className="grid gap-x-3 sm:grid-cols-3">
        <TextField
          label={t("limit.concurrent")}
          hint={t("limit.concurrentHint")}
          type="number"
          min={1}
          max={MOST_CONCURRENT}
          step={1}
          placeholder={t("limit.none")}
          value={concurrent ?? ""}
          onChange={({ target }) => tell({ concurrent: numberIn(target.value) })}
        />
        <TextField
          label={t("limit.calls")}
          hint={t("limit.callsHint")}
          type="number"
          min={1}
          max={MOST_CALLS}
          step={1}
          placeholder={t("limit.none")}
          value={calls ?? ""}
          onChange={({ target }) => tell({ calls: numberIn(target.value) })}
        />
        <TextField
          label={t("limit.period")}
          hint={t("limit.periodHint")}
          type="number"
          min={0.001}
          max={LONGEST_SECONDS}
          step="any"
          required={calls !== null}
          disabled={calls === null}
          value={period}
          onChange={({ target }) => {
            setPeriod(target.value);
            tell({ period: target.value });
          }}
        />
      </div>
    </fieldset>
  );
}

function numberIn(text: string): number | null {
  return text === "" ? null : Number(text);
}
