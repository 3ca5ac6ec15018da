import { useTranslations } from "next-intl";
import { Field, Select, TextArea, TextField } from "@/components/field";
import { KINDS, type Kind } from "./api";
import type { Draft } from "./draft";

export interface PartProps {
  draft: Draft;
  onChange: (part: Partial<Draft>) => void;
}

/** Name, kind and description. */
export function About({ draft, onChange }: PartProps) {
  const t = useTranslations("tools");
  return (
    <div className="@container">
      <div className="grid gap-x-4 @md:grid-cols-[minmax(0,1fr)_12rem]">
        <TextField
          label={t("name")}
          hint={t("nameHint")}
          required
          maxLength={200}
          value={draft.name}
          onChange={(event) => onChange({ name: event.target.value })}
        />
        <Field label={t("kind")}>
          {({ id }) => (
            <Select
              id={id}
              value={draft.kind}
              onChange={(event) => onChange({ kind: event.target.value as Kind })}
            >
              {KINDS.map((kind) => (
                <option key={kind} value={kind}>
                  {t(`kinds.${kind}`)}
                </option>
              ))}
            </Select>
          )}
        </Field>
      </div>
      <Field label={t("description")}>
        {({ id }) => (
          <TextArea
            id={id}
            rows={2}
            maxLength={10_000}
            value={draft.description}
            onChange={(event) => onChange({ description: event.target.value })}
          />
        )}
      </Field>
    </div>
  );
}
