import dynamic from "next/dynamic";
import { useTranslations } from "next-intl";
import { useState } from "react";
import type { Json } from "@/features/graph";
import { ExpressionField } from "./expression-field";
import { Preview } from "./preview";

const CodeEditor = dynamic(() => import("@/components/code-editor"), { ssr: false });

interface JsonFieldProps {
  label: string;
  value: Json | undefined;
  onChange: (value: Json | undefined) => void;
  /** Whether strings in it are templates. */
  templated?: boolean;
}

/** Any JSON value: as text with expressions while it is a string, else as JSON. */
export function JsonField({ label, value, onChange, templated = true }: JsonFieldProps) {
  const t = useTranslations("designer");
  const [mode, setMode] = useState<"text" | "json">(isText(value) ? "text" : "json");
  return (
    <div>
      <div
        className="mb-1 flex gap-1 text-[11px]"
        role="radiogroup"
        aria-label={`${label}: ${t("valueMode")}`}
      >
        {(["text", "json"] as const).map((each) => (
          // biome-ignore lint/a11y/useSemanticElements: a pair of small buttons reads better than native radios
          <button
            key={each}
            type="button"
            role="radio"
            aria-checked={mode === each}
            onClick={() => setMode(each)}
            className="rounded px-1.5 py-0.5 text-ink-soft aria-checked:bg-accent-soft aria-checked:text-accent"
          >
            {t(`mode.${each}`)}
          </button>
        ))}
      </div>
      {mode === "text" ? (
        <ExpressionField label={label} value={asText(value)} onChange={onChange} />
      ) : (
        <JsonText label={label} value={value} onChange={onChange} templated={templated} />
      )}
    </div>
  );
}

function isText(value: Json | undefined): boolean {
  return value === undefined || value === null || typeof value === "string";
}

function asText(value: Json | undefined): string {
  if (value === undefined || value === null) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** JSON as text; what cannot be read yet stays in the box and changes nothing. */
export function JsonText({ label, value, onChange, templated = false }: JsonFieldProps) {
  const t = useTranslations("designer");
  const [text, setText] = useState(() => pretty(value));
  const [told, setTold] = useState(value);
  const [error, setError] = useState<string | null>(null);
  if (told !== value) {
    setTold(value);
    setText(pretty(value));
    setError(null);
  }
  function edit(next: string): void {
    setText(next);
    const read = parseJson(next);
    setError(read.ok ? null : read.error);
    if (!read.ok) return;
    setTold(read.value);
    onChange(read.value);
  }
  return (
    <div>
      <CodeEditor label={label} value={text} onChange={edit} language="json" minHeight="4rem" />
      {error && (
        <p role="alert" className="mt-1 text-bad text-xs">
          {t("notJson", { error })}
        </p>
      )}
      {templated && !error && text.includes("{{") && value !== undefined && (
        <Preview template={value} />
      )}
    </div>
  );
}

function pretty(value: Json | undefined): string {
  return value === undefined ? "" : JSON.stringify(value, null, 2);
}

type Read = { ok: true; value: Json | undefined } | { ok: false; error: string };

export function parseJson(text: string): Read {
  if (text.trim() === "") return { ok: true, value: undefined };
  try {
    return { ok: true, value: JSON.parse(text) as Json };
  } catch (error) {
    return { ok: false, error: error instanceof Error ? error.message : String(error) };
  }
}
