import Link from "next/link";
import { useTranslations } from "next-intl";
import { Field, Select, SelectField } from "@/components/field";
import { useSecretNames } from "@/lib/api/secrets";
import { NumberField } from "./amount-fields";
import type { WebhookDraft } from "./draft";
import { VERIFICATIONS, type Verification } from "./types";

interface WebhookPartProps {
  webhook: WebhookDraft;
  errors: Record<string, string>;
  onChange: (part: Partial<WebhookDraft>) => void;
}

const KIB = 1_024;

/** How a call proves who sends it, how many are taken, and how it is answered. */
export function WebhookPart({ webhook, errors, onChange }: WebhookPartProps) {
  const t = useTranslations("triggers");
  return (
    <>
      <SelectField
        label={t("verification")}
        hint={t(`verificationHint.${webhook.verification}`)}
        value={webhook.verification}
        onChange={(event) => onChange({ verification: event.target.value as Verification })}
      >
        {VERIFICATIONS.map((each) => (
          <option key={each} value={each}>
            {t(`verifications.${each}`)}
          </option>
        ))}
      </SelectField>
      {webhook.verification === "none" ? (
        <p className="mb-3 rounded-md bg-wait-soft px-3 py-2 text-wait">{t("unproven")}</p>
      ) : (
        <SecretField
          value={webhook.secret}
          error={errors.secret}
          onChange={(secret) => onChange({ secret })}
        />
      )}
      <div className="grid gap-x-3 sm:grid-cols-2">
        <NumberField
          label={t("calls")}
          hint={t("callsHint")}
          error={errors["rate_limit.calls"]}
          min={1}
          max={10_000}
          value={webhook.calls}
          onChange={(calls) => onChange({ calls })}
        />
        <NumberField
          label={t("callsSeconds")}
          error={errors["rate_limit.seconds"]}
          min={1}
          max={86_400}
          step="any"
          value={webhook.callsSeconds}
          onChange={(callsSeconds) => onChange({ callsSeconds })}
        />
        <NumberField
          label={t("maxBody")}
          hint={t("maxBodyHint")}
          error={errors.max_body_bytes}
          min={0}
          max={1_024}
          step="any"
          value={webhook.maxBodyBytes === null ? null : webhook.maxBodyBytes / KIB}
          onChange={(kib) =>
            onChange({ maxBodyBytes: kib === null ? null : Math.round(kib * KIB) })
          }
        />
        <NumberField
          label={t("wait")}
          hint={t("waitHint")}
          error={errors.wait_seconds}
          min={0}
          max={60}
          step="any"
          value={webhook.waitSeconds}
          onChange={(waitSeconds) => onChange({ waitSeconds })}
        />
      </div>
    </>
  );
}

interface SecretFieldProps {
  value: string;
  error: string | undefined;
  onChange: (value: string) => void;
}

function SecretField({ value, error, onChange }: SecretFieldProps) {
  const t = useTranslations("triggers");
  const names = useSecretNames();
  const make = (
    <Link href="/secrets" target="_blank" className="text-accent text-xs hover:underline">
      {t("makeSecret")}
    </Link>
  );
  return (
    <Field label={t("secret")} hint={t("secretHint")} error={error} required aside={make}>
      {({ id, describedBy, invalid }) => (
        <Select
          id={id}
          aria-describedby={describedBy}
          aria-invalid={invalid || undefined}
          required
          value={value}
          onChange={(event) => onChange(event.target.value)}
        >
          <option value="">{t("chooseSecret")}</option>
          {value && !names.includes(value) && <option value={value}>{value}</option>}
          {names.map((name) => (
            <option key={name}>{name}</option>
          ))}
        </Select>
      )}
    </Field>
  );
}
