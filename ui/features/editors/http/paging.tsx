import { useTranslations } from "next-intl";
import { SelectField } from "@/components/field";
import { blankObject, type Schema, SchemaForm } from "@/features/forms";
import type { JsonObject } from "@/features/graph";
import { useFieldWords } from "@/lib/i18n/catalog-words";
import { variantsOf, without } from "../editor";

interface PagingProps {
  value: JsonObject;
  schema: Schema;
  onChange: (value: JsonObject) => void;
}

/** How an answer that comes in pages goes on. */
export function Paging({ value, schema, onChange }: PagingProps) {
  const t = useTranslations("editors");
  const labels = useFieldWords();
  const forms = variantsOf("pagination", schema);
  const paging = (value.pagination ?? {}) as JsonObject;
  const type = String(paging.type ?? "none");
  const form = forms.get(type);
  const known = (each: string) => t.has(`http.paging.${each as "link"}`);
  function choose(next: string): void {
    const chosen = forms.get(next);
    if (!chosen) onChange(without(value, "pagination"));
    else onChange({ ...value, pagination: { ...blankObject(chosen, schema), type: next } });
  }
  return (
    <>
      <SelectField
        label={t("http.pagingLabel")}
        hint={known(type) ? t(`http.pagingHints.${type as "none"}`) : form?.description}
        value={type}
        onChange={(event) => choose(event.target.value)}
      >
        {["none", ...forms.keys()].map((each) => (
          <option key={each} value={each}>
            {known(each) ? t(`http.paging.${each as "link"}`) : each}
          </option>
        ))}
      </SelectField>
      {form && (
        <SchemaForm
          key={type}
          schema={form}
          root={schema}
          value={paging}
          templated
          labels={labels}
          onChange={(next) => onChange({ ...value, pagination: { ...next, type } })}
        />
      )}
    </>
  );
}
