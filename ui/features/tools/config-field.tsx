"use client";

import dynamic from "next/dynamic";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { Button } from "@/components/button";
import { Loading } from "@/components/states";
import { useCatalog } from "@/lib/api/catalog";
import { useFieldWords } from "@/lib/i18n/catalog-words";
import type { Kind } from "./api";
import { parseObject, pretty } from "./json";
import { JsonField } from "./json-field";

// Editors are heavy, and most visits only read the list.
const SchemaForm = dynamic(() => import("@/features/forms").then((forms) => forms.SchemaForm), {
  ssr: false,
  loading: () => <Loading />,
});

interface ConfigFieldProps {
  kind: Kind;
  value: string;
  onChange: (text: string) => void;
}

/** A tool's configuration as the form that its kind's schema makes, or as JSON. */
export function ConfigField({ kind, value, onChange }: ConfigFieldProps) {
  const t = useTranslations("tools");
  const { data: catalog } = useCatalog();
  const labels = useFieldWords();
  const [raw, setRaw] = useState(false);
  const schema = catalog?.tools.find((each) => each.kind === kind);
  const parsed = parseObject(value);
  const asForm = !raw && schema !== undefined && parsed.ok;
  return (
    <fieldset className="mb-3 rounded-md border border-line p-3 pb-0">
      <legend className="px-1 font-medium text-[13px]">{t("config")}</legend>
      <div className="mb-2 flex gap-1">
        <Button
          look="quiet"
          aria-pressed={asForm}
          disabled={!parsed.ok}
          onClick={() => setRaw(false)}
        >
          {t("asForm")}
        </Button>
        <Button look="quiet" aria-pressed={!asForm} onClick={() => setRaw(true)}>
          JSON
        </Button>
      </div>
      {asForm ? (
        <SchemaForm
          schema={schema.config_schema}
          value={parsed.value as never}
          templated={new Set(schema.templated)}
          labels={labels}
          onChange={(next) => onChange(pretty(next))}
        />
      ) : (
        <JsonField
          label={t("config")}
          hint={t(`configHints.${kind}`)}
          rows={10}
          required
          value={value}
          onChange={onChange}
        />
      )}
    </fieldset>
  );
}
