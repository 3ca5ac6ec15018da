import { useTranslations } from "next-intl";
import { SelectField } from "@/components/field";
import { DescriptionField, NameField } from "@/features/registry";
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
        <NameField registry="tools" draft={draft} onChange={onChange} />
        <SelectField
          label={t("kind")}
          value={draft.kind}
          onChange={(event) => onChange({ kind: event.target.value as Kind })}
        >
          {KINDS.map((kind) => (
            <option key={kind} value={kind}>
              {t(`kinds.${kind}`)}
            </option>
          ))}
        </SelectField>
      </div>
      <DescriptionField registry="tools" draft={draft} onChange={onChange} />
    </div>
  );
}
