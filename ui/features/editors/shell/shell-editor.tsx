"use client";

import dynamic from "next/dynamic";
import { useTranslations } from "next-intl";
import { useRef } from "react";
import { Field } from "@/components/field";
import { Loading } from "@/components/states";
import { SchemaForm } from "@/features/forms";
import type { JsonObject } from "@/features/graph";
import { useFieldWords } from "@/lib/i18n/catalog-words";
import { type EditorProps, only, useConfigSchema, without } from "../editor";
import { WordsField } from "../words-field";

const CodeEditor = dynamic(() => import("@/components/code-editor"), { ssr: false });
const LIMITS = ["memory_mb", "disk_mb"];
const FORMS = ["script", "command"] as const;
type Form = (typeof FORMS)[number];

/** A script, or one command as a list of words. */
export function ShellEditor({ value, onChange, compact }: EditorProps) {
  const t = useTranslations("editors");
  const labels = useFieldWords();
  const schema = useConfigSchema("shell");
  // What was written in the other form is not lost by looking at this one.
  const written = useRef<JsonObject>({});
  if (!schema) return <Loading />;
  const form: Form = Array.isArray(value.command) ? "command" : "script";
  const codes = (name: "ok_exit_codes" | "retry_exit_codes", placeholder: string) =>
    schema.properties?.[name] && (
      <WordsField
        label={labels(name) ?? name}
        hint={t(`shell.hints.${name}`)}
        placeholder={placeholder}
        numeric
        value={value[name]}
        onChange={(next) => onChange(next ? { ...value, [name]: next } : without(value, name))}
      />
    );
  function change(next: Form): void {
    const other = written.current[next];
    written.current = { ...written.current, [form]: value[form] ?? "" };
    onChange(
      other === undefined ? switched(value, next) : { ...without(value, form), [next]: other },
    );
  }
  return (
    <>
      <FormSwitch form={form} onForm={change} />
      {form === "script" ? (
        <Field label={labels("script") ?? "Script"} required>
          {() => (
            <CodeEditor
              label={labels("script") ?? "Script"}
              minHeight={compact ? "6rem" : "12rem"}
              maxHeight={compact ? "24rem" : "36rem"}
              value={String(value.script ?? "")}
              onChange={(script) => onChange({ ...value, script })}
            />
          )}
        </Field>
      ) : (
        <SchemaForm
          schema={only(schema, ["command"])}
          value={value}
          labels={labels}
          onChange={(next) => onChange({ ...next, command: next.command ?? [] })}
        />
      )}
      <Arrivals />
      <div className="@container">
        <div className="grid gap-x-3 @md:grid-cols-2">
          {codes("ok_exit_codes", "0")}
          {codes("retry_exit_codes", "")}
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

/** The same configuration as a script or as a command; a word each for what stands in one line. */
export function switched(value: JsonObject, form: Form): JsonObject {
  const rest = without(value, ...FORMS);
  if (form === "script") {
    const words = Array.isArray(value.command) ? value.command.map(String) : [];
    return { ...rest, script: words.map(quoted).join(" ") };
  }
  const line = String(value.script ?? "").trim();
  const simple = line !== "" && /^[\w./:=@%+, -]+$/.test(line);
  return { ...rest, command: simple ? line.split(/ +/) : [""] };
}

function quoted(word: string): string {
  return /^[\w./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

function FormSwitch({ form, onForm }: { form: Form; onForm: (form: Form) => void }) {
  const t = useTranslations("editors");
  return (
    <fieldset className="mb-3 flex flex-wrap gap-x-4 gap-y-1">
      <legend className="mb-1 font-medium text-[13px]">{t("shell.form")}</legend>
      {FORMS.map((each) => (
        <label key={each} className="flex items-center gap-1.5">
          <input
            type="radio"
            className="accent-accent"
            checked={form === each}
            onChange={() => onForm(each)}
          />
          {t(`shell.forms.${each}`)}
        </label>
      ))}
    </fieldset>
  );
}

/** How inputs come in, and how results and files leave. */
function Arrivals() {
  const t = useTranslations("editors");
  const rows = [
    ["INPUT_NAME", t("shell.arrivals.variable")],
    ["$INPUTS", t("shell.arrivals.inputs")],
    ["$OUT", t("shell.arrivals.out")],
    ["$OUTPUT", t("shell.arrivals.output")],
  ] as const;
  return (
    <dl className="mb-3 grid grid-cols-[auto_minmax(0,1fr)] gap-x-3 gap-y-1 rounded-md bg-sunken px-3 py-2 text-xs">
      {rows.map(([name, text]) => (
        <div key={name} className="contents">
          <dt>
            <code>{name}</code>
          </dt>
          <dd className="text-ink-soft">{text}</dd>
        </div>
      ))}
    </dl>
  );
}
