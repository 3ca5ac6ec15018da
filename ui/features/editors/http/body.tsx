import { useTranslations } from "next-intl";
import { useState } from "react";
import { SelectField } from "@/components/field";
import { JsonField, PairsField, type Schema, SchemaForm } from "@/features/forms";
import type { JsonObject } from "@/features/graph";
import { useFieldWords } from "@/lib/i18n/catalog-words";
import { only } from "../editor";
import { BODIES, type BodyKind, bodyKindOf, withBody } from "./body-kind";

interface BodyProps {
  value: JsonObject;
  schema: Schema;
  onChange: (value: JsonObject) => void;
}

/** What is sent, in one of several forms. */
export function Body({ value, schema, onChange }: BodyProps) {
  const t = useTranslations("editors");
  // A field that is emptied while it is written is still the field.
  const sent = bodyKindOf(value);
  const [kind, setKind] = useState(sent);
  if (sent !== "none" && sent !== kind) setKind(sent);
  function choose(next: BodyKind): void {
    setKind(next);
    onChange(withBody(value, next));
  }
  return (
    <>
      <SelectField
        label={t("http.bodyLabel")}
        hint={t(`http.bodyHints.${kind}`)}
        value={kind}
        onChange={(event) => choose(event.target.value as BodyKind)}
      >
        {BODIES.map((each) => (
          <option key={each} value={each}>
            {t(`http.body.${each}`)}
          </option>
        ))}
      </SelectField>
      <Content kind={kind} value={value} schema={schema} onChange={onChange} />
    </>
  );
}

function Content({ kind, value, schema, onChange }: BodyProps & { kind: BodyKind }) {
  const t = useTranslations("editors");
  const labels = useFieldWords();
  switch (kind) {
    case "none":
      return null;
    case "json":
      return (
        <div className="mb-3">
          <JsonField
            label={t("http.body.json")}
            value={value.json_body}
            onChange={(next) => onChange({ ...value, json_body: next ?? null })}
          />
        </div>
      );
    case "raw":
      return (
        <div className="mb-3">
          <JsonField
            label={t("http.body.raw")}
            value={value.body}
            onChange={(next) => onChange({ ...value, body: next ?? "" })}
          />
        </div>
      );
    case "form":
      return (
        <PairsField
          label={t("http.body.form")}
          value={(value.form ?? {}) as JsonObject}
          onChange={(form) => onChange({ ...value, form })}
        />
      );
    case "multipart":
      return (
        <SchemaForm
          schema={only(schema, ["multipart"])}
          value={value}
          templated
          labels={labels}
          onChange={onChange}
        />
      );
  }
}
