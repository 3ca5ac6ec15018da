"use client";

import { useFormatter, useTranslations } from "next-intl";
import { useId } from "react";
import { Field, Input, SelectField, TextField } from "@/components/field";
import { ExpressionField, InsertSecret } from "@/features/forms";
import { useSecretNames } from "@/lib/api/secrets";
import { namesSecret, secretReference } from "@/lib/secret-text";
import { type Model, useModels } from "./api";
import { AUTH_MODES, changed, type PartProps, PROVIDERS } from "./types";

/** Which model answers, where, with which key, and what it is told to be. */
export function ModelPart({ settings, onChange }: PartProps) {
  const t = useTranslations("agents");
  const edit = (part: Partial<PartProps["settings"]>) => onChange(changed(settings, part));
  return (
    <div className="@container">
      <div className="grid gap-x-4 @md:grid-cols-[12rem_minmax(0,1fr)]">
        <SelectField
          label={t("provider")}
          value={settings.provider}
          onChange={(event) => edit({ provider: event.target.value })}
        >
          {PROVIDERS.map((each) => (
            <option key={each} value={each}>
              {t(`providers.${each}`)}
            </option>
          ))}
        </SelectField>
        <ModelField settings={settings} onChange={onChange} />
      </div>
      <TextField
        label={t("baseUrl")}
        hint={t(settings.provider === "openai_compatible" ? "baseUrlNeeded" : "baseUrlHint")}
        required={settings.provider === "openai_compatible"}
        maxLength={8_192}
        inputMode="url"
        placeholder="https://"
        value={settings.base_url ?? ""}
        onChange={(event) => edit({ base_url: event.target.value || undefined })}
      />
      <KeyFields settings={settings} onChange={onChange} />
      <Field label={t("system")} hint={t("systemHint")}>
        {() => (
          <ExpressionField
            label={t("system")}
            tall
            value={settings.system ?? ""}
            onChange={(system) => edit({ system: system || undefined })}
          />
        )}
      </Field>
    </div>
  );
}

/** Any name; those whose prices are known are offered. */
function ModelField({ settings, onChange }: PartProps) {
  const t = useTranslations("agents");
  const list = useId();
  const { data = [] } = useModels();
  const offered = data.filter((each) => each.provider === settings.provider);
  const known = offered.find((each) => each.name === settings.model);
  const price = usePrice();
  return (
    <Field label={t("model")} required hint={known ? price(known) : t("modelHint")}>
      {({ id, describedBy }) => (
        <>
          <Input
            id={id}
            aria-describedby={describedBy}
            required
            maxLength={200}
            list={list}
            autoComplete="off"
            value={settings.model}
            onChange={(event) => onChange({ ...settings, model: event.target.value })}
          />
          <datalist id={list}>
            {offered.map((each) => (
              <option key={each.name} value={each.name}>
                {price(each)}
              </option>
            ))}
          </datalist>
        </>
      )}
    </Field>
  );
}

function usePrice(): (model: Model) => string {
  const t = useTranslations("agents");
  const format = useFormatter();
  const dollars = (amount: number) =>
    format.number(amount, { style: "currency", currency: "USD", maximumFractionDigits: 4 });
  return ({ input_usd_per_million, output_usd_per_million }) =>
    t("price", { in: dollars(input_usd_per_million), out: dollars(output_usd_per_million) });
}

function KeyFields({ settings, onChange }: PartProps) {
  const t = useTranslations("agents");
  const secrets = useSecretNames();
  const { auth_mode, api_key } = settings;
  const edit = (part: Partial<PartProps["settings"]>) => onChange(changed(settings, part));
  const written = api_key !== undefined && !namesSecret(api_key);
  return (
    <div className="grid gap-x-4 @md:grid-cols-[12rem_minmax(0,1fr)]">
      <SelectField
        label={t("auth")}
        value={auth_mode ?? ""}
        onChange={({ target: { value } }) =>
          edit({
            auth_mode: value || undefined,
            ...(value === "none" && { api_key: undefined }),
          })
        }
      >
        <option value="">{t("auths.any")}</option>
        {AUTH_MODES.map((each) => (
          <option key={each} value={each}>
            {t(`auths.${each}`)}
          </option>
        ))}
      </SelectField>
      {auth_mode !== "none" && (
        <Field
          label={t("key")}
          required={auth_mode === "api_key"}
          hint={t(secrets.length > 0 ? "keyHint" : "keyNone")}
          error={written ? t("keyWritten") : undefined}
        >
          {({ id, describedBy, invalid }) => (
            <div className="flex gap-1">
              <Input
                id={id}
                aria-describedby={describedBy}
                aria-invalid={invalid || undefined}
                className="font-mono text-xs"
                autoComplete="off"
                placeholder={secretReference("NAME")}
                value={api_key ?? ""}
                onChange={(event) => edit({ api_key: event.target.value || undefined })}
              />
              <InsertSecret
                label={t("key")}
                names={secrets}
                onInsert={(name) => edit({ api_key: secretReference(name) })}
              />
            </div>
          )}
        </Field>
      )}
    </div>
  );
}
