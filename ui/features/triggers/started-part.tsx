import { useTranslations } from "next-intl";
import { useMemo, useState } from "react";
import { Field, TextField } from "@/components/field";
import { ExpressionField, JsonField, JsonText, ScopeContext } from "@/features/forms";
import type { Json } from "@/features/graph";
import type { Draft, StartedDraft } from "./draft";
import type { Kind } from "./types";

interface StartedPartProps {
  draft: Draft;
  errors: Record<string, string>;
  onChange: (part: Partial<StartedDraft>) => void;
}

/** What the run is given of what came, and whether it starts at all. */
export function StartedPart({ draft, errors, onChange }: StartedPartProps) {
  const t = useTranslations("triggers");
  const { kind, started, event } = draft;
  const [sample, setSample] = useState<Json | undefined>(() => sampleOf(kind, event.event.trim()));
  const scope = useMemo(() => ({ values: { event: sample ?? null } }), [sample]);
  return (
    <ScopeContext value={scope}>
      <details className="mb-3">
        <summary className="cursor-pointer text-[13px] text-ink-soft">{t("sample")}</summary>
        <p className="my-1 text-ink-soft text-xs">{t("sampleHint")}</p>
        <JsonText label={t("sample")} value={sample} onChange={setSample} />
      </details>
      <Field label={t("onlyIf")} hint={t(`onlyIfHint.${kind}`)} error={errors.only_if}>
        {() => (
          <ExpressionField
            label={t("onlyIf")}
            value={started.onlyIf}
            onChange={(onlyIf) => onChange({ onlyIf })}
          />
        )}
      </Field>
      <Field label={t("input")} hint={t(`inputHint.${kind}`)} error={errors.input}>
        {() => (
          <JsonField
            label={t("input")}
            value={started.input}
            onChange={(input) => onChange({ input: input === "" ? undefined : input })}
          />
        )}
      </Field>
      <TextField
        label={t("tags")}
        hint={t("tagsHint")}
        error={errors.tags}
        value={started.tags}
        onChange={({ target }) => onChange({ tags: target.value })}
      />
    </ScopeContext>
  );
}

/** What `event` looks like in the templates of a kind, for names to complete. */
function sampleOf(kind: Kind, name: string): Json {
  const now = "2026-01-05T09:00:00Z";
  switch (kind) {
    case "schedule":
      return { scheduled_at: now, fired_at: now, cause: "schedule", trigger: "" };
    case "webhook":
      return { body: {}, headers: {}, query: {}, delivery_id: "" };
    case "event":
      return { name, key: "", id: "", payload: {}, received_at: now };
  }
}
