"use client";

import { Plus } from "lucide-react";
import dynamic from "next/dynamic";
import { useTranslations } from "next-intl";
import { useMemo } from "react";
import { Button } from "@/components/button";
import { Field } from "@/components/field";
import { Loading } from "@/components/states";
import { SchemaForm } from "@/features/forms";
import { useFieldWords } from "@/lib/i18n/catalog-words";
import { type EditorProps, only, useConfigSchema, without } from "../editor";
import { SchemaOffer } from "../schema-offer";
import { WordsField } from "../words-field";
import { readSignature, type Signature, schemaOf } from "./signature";

const CodeEditor = dynamic(() => import("@/components/code-editor"), { ssr: false });
const LIMITS = ["memory_mb", "disk_mb"];
const OFFERED = ["numpy", "pandas"];

/** Code with its `main`, what it imports and how much room it gets. */
export function PythonEditor({ value, onChange, input, compact, badLine }: EditorProps) {
  const t = useTranslations("editors");
  const labels = useFieldWords();
  const schema = useConfigSchema("python");
  const code = String(value.code ?? "");
  const signature = useMemo(() => readSignature(code), [code]);
  const packages = Array.isArray(value.packages) ? value.packages : [];
  const missing = OFFERED.filter((name) => !packages.includes(name));
  if (!schema) return <Loading />;
  return (
    <>
      <Field label={labels("code") ?? "Code"} required hint={t("python.codeHint")}>
        {() => (
          <CodeEditor
            label={labels("code") ?? "Code"}
            language="python"
            minHeight={compact ? "8rem" : "16rem"}
            maxHeight={compact ? "24rem" : "36rem"}
            value={code}
            badLine={badLine}
            onChange={(next) => onChange({ ...value, code: next })}
          />
        )}
      </Field>
      {!signature && <p className="mb-3 text-wait text-xs">{t("python.noMain")}</p>}
      {signature && input && (
        <SchemaOffer offered={schemaOf(signature)} input={input}>
          <Takes signature={signature} />
        </SchemaOffer>
      )}
      <WordsField
        label={labels("packages") ?? "Packages"}
        hint={t("python.packagesHint")}
        value={value.packages}
        onChange={(next) =>
          onChange(next ? { ...value, packages: next } : without(value, "packages"))
        }
      />
      {missing.length > 0 && (
        <div className="-mt-2 mb-3 flex flex-wrap gap-1">
          {missing.map((name) => (
            <Button
              key={name}
              look="quiet"
              aria-label={t("python.addPackage", { name })}
              onClick={() => onChange({ ...value, packages: [...packages, name] })}
            >
              <Plus size={13} aria-hidden />
              {name}
            </Button>
          ))}
        </div>
      )}
      <div className="@container">
        <div className="grid gap-x-3 @md:grid-cols-2">
          <SchemaForm
            schema={only(schema, LIMITS)}
            value={value}
            labels={labels}
            onChange={onChange}
          />
        </div>
      </div>
    </>
  );
}

function Takes({ signature: { parameters, open } }: { signature: Signature }) {
  const t = useTranslations("editors");
  const names = parameters.map(({ name, fallback }) => (fallback === null ? name : `${name}?`));
  const all = [...names, ...(open ? ["**"] : [])];
  return all.length > 0
    ? t.rich("python.takes", {
        names: all.join(", "),
        code: (text) => <code>{text}</code>,
      })
    : t("python.takesNothing");
}
