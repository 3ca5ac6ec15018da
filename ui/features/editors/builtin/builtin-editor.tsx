"use client";

import { useTranslations } from "next-intl";
import { Field, Select } from "@/components/field";
import { Loading } from "@/components/states";
import { blankObject, ExpressionField, type Schema, SchemaForm } from "@/features/forms";
import type { JsonObject } from "@/features/graph";
import { type Catalog, useCatalog } from "@/lib/api/catalog";
import { useCatalogWords, useFieldWords } from "@/lib/i18n/catalog-words";
import { type EditorProps, without } from "../editor";
import { SchemaOffer } from "../schema-offer";

type Builtin = Catalog["builtins"][number];

/** A helper that ships with PasteTrader, with its options. */
export function BuiltinEditor({ value, onChange, input }: EditorProps) {
  const t = useTranslations("editors");
  const words = useCatalogWords();
  const { data: catalog } = useCatalog();
  if (!catalog) return <Loading />;
  const helper = catalog.builtins.find((each) => each.name === value.name);
  function choose(name: string): void {
    const next = catalog?.builtins.find((each) => each.name === name);
    if (next) onChange(beginning(next));
  }
  return (
    <>
      <Field
        label={t("builtin.helper")}
        required
        hint={helper && words("builtins", helper.name, helper).text}
      >
        {({ id, describedBy }) => (
          <Select
            id={id}
            aria-describedby={describedBy}
            value={String(value.name ?? "")}
            onChange={(event) => choose(event.target.value)}
          >
            {!helper && (
              <option value={String(value.name ?? "")}>{String(value.name ?? "—")}</option>
            )}
            {catalog.builtins.map((each) => (
              <option key={each.name} value={each.name}>
                {words("builtins", each.name, each).title}
              </option>
            ))}
          </Select>
        )}
      </Field>
      {helper && <Options value={value} helper={helper} onChange={onChange} />}
      {helper && input && (
        <SchemaOffer offered={helper.input_schema as JsonObject} input={input}>
          <p>{t("builtin.inputs", { names: inputNames(helper) })}</p>
          <p className="mt-1">{t("builtin.gives", { what: helper.output_description })}</p>
        </SchemaOffer>
      )}
    </>
  );
}

/** A configuration of a helper to begin with. */
export function beginning(helper: Builtin): JsonObject {
  const schema = helper.options_schema as Schema;
  return {
    kind: "builtin",
    name: helper.name,
    ...(helper.takes_template ? { template: "" } : {}),
    options: blankObject(schema, schema),
  };
}

function inputNames(helper: Builtin): string {
  const { properties = {}, required = [] } = helper.input_schema as Schema;
  const names = Object.keys(properties);
  return names.map((name) => (required.includes(name) ? name : `${name}?`)).join(", ") || "—";
}

interface OptionsProps {
  value: JsonObject;
  helper: Builtin;
  onChange: (value: JsonObject) => void;
}

function Options({ value, helper, onChange }: OptionsProps) {
  const t = useTranslations("editors");
  const labels = useFieldWords();
  const fields = Object.keys((helper.options_schema as Schema).properties ?? {}).length > 0;
  return (
    <>
      {helper.takes_template && (
        <Field label={labels("template") ?? "Template"} required hint={t("builtin.templateHint")}>
          {() => (
            <ExpressionField
              label={labels("template") ?? "Template"}
              tall
              value={String(value.template ?? "")}
              onChange={(template) => onChange({ ...value, template })}
            />
          )}
        </Field>
      )}
      {fields && (
        <SchemaForm
          key={helper.name}
          schema={helper.options_schema as Schema}
          value={(value.options ?? {}) as JsonObject}
          templated
          onChange={(options) => onChange({ ...without(value, "options"), options })}
        />
      )}
    </>
  );
}
