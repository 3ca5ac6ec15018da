import { useTranslations } from "next-intl";
import { SelectField } from "@/components/field";
import { blankObject, type Schema, SchemaForm } from "@/features/forms";
import type { JsonObject } from "@/features/graph";
import { useFieldWords } from "@/lib/i18n/catalog-words";
import { variantsOf } from "../editor";

interface AuthProps {
  value: JsonObject;
  schema: Schema;
  onChange: (value: JsonObject) => void;
}

/** Who calls, and how that is proved. */
export function Auth({ value, schema, onChange }: AuthProps) {
  const t = useTranslations("editors");
  const labels = useFieldWords();
  const forms = variantsOf("auth", schema);
  const auth = (value.auth ?? { type: "none" }) as JsonObject;
  const type = String(auth.type ?? "none");
  const form = forms.get(type);
  function choose(next: string): void {
    const chosen = forms.get(next);
    onChange({ ...value, auth: { ...(chosen ? blankObject(chosen, schema) : {}), type: next } });
  }
  return (
    <>
      <SelectField
        label={t("http.authLabel")}
        hint={type === "none" ? undefined : t("http.authHint")}
        value={type}
        onChange={(event) => choose(event.target.value)}
      >
        {[...forms.keys()].map((each) => (
          <option key={each} value={each}>
            {t.has(`http.auth.${each as "basic"}`) ? t(`http.auth.${each as "basic"}`) : each}
          </option>
        ))}
      </SelectField>
      {form && (
        <SchemaForm
          key={type}
          schema={form}
          root={schema}
          value={auth}
          templated
          labels={labels}
          onChange={(next) => onChange({ ...value, auth: { ...next, type } })}
        />
      )}
    </>
  );
}
