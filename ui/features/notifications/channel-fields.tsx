import { useTranslations } from "next-intl";
import { Field, Input, SelectField, TextField } from "@/components/field";
import { InsertSecret } from "@/features/forms";
import { useSecretNames } from "@/lib/api/secrets";
import { secretReference } from "@/lib/secret-text";
import type { Draft } from "./draft";

interface ChannelFieldsProps {
  draft: Draft;
  onChange: (part: Partial<Draft>) => void;
}

/** Where a channel sends to, and what it shows itself by. */
export function ChannelFields({ draft, onChange }: ChannelFieldsProps) {
  const t = useTranslations("notifications");
  if (draft.channel === "email")
    return (
      <TextField
        label={t("to")}
        hint={t("toHint")}
        required
        value={draft.to}
        onChange={(event) => onChange({ to: event.target.value })}
      />
    );
  if (draft.channel === "webhook")
    return (
      <>
        <UrlField
          hint={t("webhookUrlHint")}
          value={draft.url}
          onChange={(url) => onChange({ url })}
        />
        <SecretField value={draft.secret} onChange={(secret) => onChange({ secret })} />
      </>
    );
  return <UrlField hint={t("urlHint")} value={draft.url} onChange={(url) => onChange({ url })} />;
}

interface TextProps {
  value: string;
  onChange: (value: string) => void;
}

/** A secret by its name; one that is gone stays chosen, so that this is seen. */
function SecretField({ value, onChange }: TextProps) {
  const t = useTranslations("notifications");
  const names = useSecretNames();
  return (
    <SelectField
      label={t("secret")}
      hint={t("secretHint")}
      value={value}
      onChange={(event) => onChange(event.target.value)}
    >
      <option value="">{t("unsigned")}</option>
      {[...new Set([...names, ...(value ? [value] : [])])].map((name) => (
        <option key={name}>{name}</option>
      ))}
    </SelectField>
  );
}

/** An address of which a secret may be a part, or the whole. */
function UrlField({ hint, value, onChange }: TextProps & { hint: string }) {
  const t = useTranslations("notifications");
  const names = useSecretNames();
  const insert = (
    <InsertSecret
      label={t("url")}
      names={names}
      onInsert={(name) => onChange(value.trim() + secretReference(name))}
    />
  );
  return (
    <Field label={t("url")} hint={hint} required aside={insert}>
      {({ id, describedBy }) => (
        <Input
          id={id}
          aria-describedby={describedBy}
          required
          maxLength={2_048}
          spellCheck={false}
          placeholder="https://"
          value={value}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </Field>
  );
}
