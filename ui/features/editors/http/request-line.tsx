import { ClipboardPaste } from "lucide-react";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { Button } from "@/components/button";
import { Field, SelectField } from "@/components/field";
import { ExpressionField, type Schema } from "@/features/forms";
import type { JsonObject } from "@/features/graph";
import { useFieldWords } from "@/lib/i18n/catalog-words";
import { PasteCurl } from "./paste-curl";

interface RequestLineProps {
  value: JsonObject;
  schema: Schema;
  onChange: (value: JsonObject) => void;
  /** Takes another request in place of this one. */
  onReplace: (request: JsonObject) => void;
}

/** Method and URL, or all of it out of a cURL command. */
export function RequestLine({ value, schema, onChange, onReplace }: RequestLineProps) {
  const t = useTranslations("editors");
  const labels = useFieldWords();
  const [pasting, setPasting] = useState(false);
  const methods = schema.properties?.method?.enum ?? [];
  const url = labels("url") ?? "URL";
  return (
    <div className="@container">
      <div className="grid gap-x-3 @md:grid-cols-[8rem_minmax(0,1fr)]">
        <SelectField
          label={labels("method") ?? "Method"}
          value={String(value.method ?? "GET")}
          onChange={(event) => onChange({ ...value, method: event.target.value })}
        >
          {methods.map((each) => (
            <option key={String(each)}>{String(each)}</option>
          ))}
        </SelectField>
        <Field
          label={url}
          required
          aside={
            <Button look="quiet" className="!h-5 !px-1.5" onClick={() => setPasting(true)}>
              <ClipboardPaste size={14} aria-hidden />
              {t("http.paste")}
            </Button>
          }
        >
          {() => (
            <ExpressionField
              label={url}
              value={String(value.url ?? "")}
              placeholder="https://api.example.org/v1/prices"
              onChange={(next) => onChange({ ...value, url: next })}
            />
          )}
        </Field>
      </div>
      {pasting && <PasteCurl onClose={() => setPasting(false)} onFill={onReplace} />}
    </div>
  );
}
