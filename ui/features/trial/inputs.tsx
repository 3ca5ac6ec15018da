import dynamic from "next/dynamic";
import { useTranslations } from "next-intl";
import { useEffect, useState } from "react";
import { Button } from "@/components/button";
import { parseJson, type Schema, SchemaForm } from "@/features/forms";
import type { JsonObject } from "@/features/graph";
import { firstInputs } from "./first-inputs";

const CodeEditor = dynamic(() => import("@/components/code-editor"), { ssr: false });

interface InputsState {
  value: JsonObject;
  /** The inputs as they are written; null while a form shows them. */
  text: string | null;
  /** Why what is written cannot be sent. */
  error: string | null;
  fill: (value: JsonObject) => void;
  write: (text: string) => void;
  asForm: () => void;
  asJson: () => void;
}

/** Inputs that follow the schema until somebody gives some. */
export function useInputs(
  schema: Schema | null,
  onInputs?: (inputs: JsonObject) => void,
): InputsState {
  const t = useTranslations("trial");
  const [value, setValue] = useState<JsonObject>(() => firstInputs(schema));
  const [text, setText] = useState<string | null>(() => (hasFields(schema) ? null : pretty(value)));
  const [error, setError] = useState<string | null>(null);
  const [given, setGiven] = useState(false);
  const told = JSON.stringify(schema);
  const [known, setKnown] = useState(told);
  if (known !== told) {
    setKnown(told);
    if (!given) {
      const first = firstInputs(schema);
      setValue(first);
      setText(hasFields(schema) ? null : pretty(first));
      setError(null);
    }
  }
  function fill(next: JsonObject): void {
    setGiven(true);
    setValue(next);
  }
  useEffect(() => onInputs?.(value), [onInputs, value]);
  function write(next: string): void {
    setText(next);
    const read = parseJson(next);
    const found = read.ok ? (read.value ?? {}) : null;
    const isObject = typeof found === "object" && found !== null && !Array.isArray(found);
    setError(isObject ? null : read.ok ? t("notObject") : t("notJson", { error: read.error }));
    if (isObject) fill(found);
  }
  return {
    value,
    text,
    error,
    fill,
    write,
    asForm: () => {
      setText(null);
      setError(null);
    },
    asJson: () => setText(pretty(value)),
  };
}

function hasFields(schema: Schema | null): schema is Schema {
  return Object.keys(schema?.properties ?? {}).length > 0;
}

function pretty(value: JsonObject): string {
  return JSON.stringify(value, null, 2);
}

interface InputsProps {
  schema: Schema | null;
  inputs: InputsState;
}

/** As the form that the schema makes, or as JSON. */
export function Inputs({ schema, inputs }: InputsProps) {
  const t = useTranslations("trial");
  const { text, error } = inputs;
  const fields = hasFields(schema);
  return (
    <fieldset className="mb-3 rounded-md border border-line p-3 pb-0">
      <legend className="px-1 font-medium text-[13px]">{t("inputs")}</legend>
      {fields && (
        <div className="mb-2 flex gap-1">
          <Button look="quiet" aria-pressed={text === null} onClick={inputs.asForm}>
            {t("asForm")}
          </Button>
          <Button look="quiet" aria-pressed={text !== null} onClick={inputs.asJson}>
            JSON
          </Button>
        </div>
      )}
      {fields && text === null ? (
        <SchemaForm schema={schema} value={inputs.value} onChange={inputs.fill} />
      ) : (
        <div className="mb-3">
          <CodeEditor
            label={t("inputsAsJson")}
            language="json"
            minHeight="5rem"
            value={text ?? pretty(inputs.value)}
            onChange={inputs.write}
          />
          {error ? (
            <p role="alert" className="mt-1 text-bad text-xs">
              {error}
            </p>
          ) : (
            <p className="mt-1 text-ink-soft text-xs">{t("inputsHint")}</p>
          )}
        </div>
      )}
    </fieldset>
  );
}
