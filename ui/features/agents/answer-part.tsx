"use client";

import { useTranslations } from "next-intl";
import { SelectField, TextField } from "@/components/field";
import { resolved, type Schema, SchemaEditor, SchemaForm } from "@/features/forms";
import type { JsonObject } from "@/features/graph";
import { useCatalog } from "@/lib/api/catalog";
import { useFieldWords } from "@/lib/i18n/catalog-words";
import { changed, MEMORIES, type PartProps } from "./types";

/** How it answers: parameters of the model, a schema of the answer, and what it remembers. */
export function AnswerPart({ settings, onChange }: PartProps) {
  const t = useTranslations("agents");
  const edit = (part: Partial<PartProps["settings"]>) => onChange(changed(settings, part));
  return (
    <>
      <Memory settings={settings} onChange={onChange} />
      <fieldset className="mb-3 rounded-md border border-line p-3">
        <legend className="px-1 font-medium text-[13px]">{t("output")}</legend>
        <p className="mb-2 text-ink-soft text-xs">{t("outputHint")}</p>
        <SchemaEditor
          value={settings.output_schema}
          onChange={(output_schema) => edit({ output_schema })}
        />
      </fieldset>
      <Part
        title={t("parameters")}
        hint={t("parametersHint")}
        name="parameters"
        settings={settings}
        onChange={onChange}
      />
    </>
  );
}

function Memory({ settings, onChange }: PartProps) {
  const t = useTranslations("agents");
  const memory = MEMORIES.find((each) => each === settings.memory) ?? "window";
  const edit = (part: Partial<PartProps["settings"]>) => onChange(changed(settings, part));
  return (
    <div className="grid gap-x-4 sm:grid-cols-2">
      <SelectField
        label={t("memory")}
        hint={t(`memoryHints.${memory}`)}
        value={memory}
        onChange={(event) => edit({ memory: event.target.value })}
      >
        {MEMORIES.map((each) => (
          <option key={each} value={each}>
            {t(`memories.${each}`)}
          </option>
        ))}
      </SelectField>
      {memory !== "none" && (
        <TextField
          label={t("window")}
          hint={t("windowHint")}
          type="number"
          min={2}
          max={10_000}
          step={1}
          placeholder={memory === "summary" ? "40" : t("windowAll")}
          value={settings.window ?? ""}
          onChange={({ target: { value } }) =>
            edit({ window: value === "" ? undefined : Number(value) })
          }
        />
      )}
    </div>
  );
}

/** What it may use up before it ends with what there is. */
export function BudgetPart({ settings, onChange }: PartProps) {
  const t = useTranslations("agents");
  return (
    <Part
      title={t("budgets")}
      hint={t("budgetsHint")}
      name="budgets"
      settings={settings}
      onChange={onChange}
    />
  );
}

interface PartOfSchemaProps extends PartProps {
  title: string;
  hint: string;
  name: "parameters" | "budgets";
}

/** One object of the settings, as the server describes it. */
function Part({ title, hint, name, settings, onChange }: PartOfSchemaProps) {
  const labels = useFieldWords();
  const root = useAgentSchema();
  const part: Schema = root?.properties?.[name] ?? {};
  const value = settings[name] ?? {};
  if (!root) return null;
  return (
    <fieldset className="mb-3 rounded-md border border-line p-3 pb-0">
      <legend className="px-1 font-medium text-[13px]">{title}</legend>
      <p className="mb-2 text-ink-soft text-xs">{hint}</p>
      <SchemaForm
        schema={resolved(part, root)}
        root={root}
        labels={labels}
        value={value}
        onChange={(next: JsonObject) =>
          onChange(changed(settings, { [name]: Object.keys(next).length > 0 ? next : undefined }))
        }
      />
    </fieldset>
  );
}

/** The schema of an agent's settings, by the server's own account; null until it is there. */
function useAgentSchema(): Schema | null {
  const { data } = useCatalog();
  const found = data?.nodes.find((each) => each.type === "agent");
  return (found?.config_schema as Schema | undefined) ?? null;
}
