import { useTranslations } from "next-intl";
import { CheckField, TextAreaField, TextField } from "@/components/field";
import type { Draft, RegistryName } from "./registry";

interface FieldProps {
  registry: RegistryName;
  draft: Draft;
  onChange: (part: Partial<Draft>) => void;
}

export function NameField({ registry, draft, onChange }: FieldProps) {
  const t = useTranslations(registry);
  return (
    <TextField
      label={t("name")}
      hint={t("nameHint")}
      required
      maxLength={200}
      value={draft.name}
      onChange={(event) => onChange({ name: event.target.value })}
    />
  );
}

export function DescriptionField({
  registry,
  draft,
  hint,
  onChange,
}: FieldProps & { hint?: string }) {
  const t = useTranslations(registry);
  return (
    <TextAreaField
      label={t("description")}
      hint={hint}
      rows={2}
      maxLength={10_000}
      value={draft.description}
      onChange={(event) => onChange({ description: event.target.value })}
    />
  );
}

export function SharedField({ registry, draft, onChange }: FieldProps) {
  const t = useTranslations(registry);
  return (
    <CheckField
      label={t("public")}
      hint={t("publicHint")}
      checked={draft.shared}
      onChange={(shared) => onChange({ shared })}
    />
  );
}
