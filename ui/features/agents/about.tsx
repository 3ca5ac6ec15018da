import { useTranslations } from "next-intl";
import { Field, TextArea, TextField } from "@/components/field";
import type { Draft } from "./draft";

export interface DraftProps {
  draft: Draft;
  onChange: (part: Partial<Draft>) => void;
}

/** Name and description. */
export function About({ draft, onChange }: DraftProps) {
  const t = useTranslations("agents");
  return (
    <>
      <TextField
        label={t("name")}
        hint={t("nameHint")}
        required
        maxLength={200}
        value={draft.name}
        onChange={(event) => onChange({ name: event.target.value })}
      />
      <Field label={t("description")} hint={t("descriptionHint")}>
        {({ id, describedBy }) => (
          <TextArea
            id={id}
            aria-describedby={describedBy}
            rows={2}
            maxLength={10_000}
            value={draft.description}
            onChange={(event) => onChange({ description: event.target.value })}
          />
        )}
      </Field>
    </>
  );
}
