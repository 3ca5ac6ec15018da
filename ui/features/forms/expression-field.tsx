import { useQuery } from "@tanstack/react-query";
import dynamic from "next/dynamic";
import { useTranslations } from "next-intl";
import { useCallback, useEffect, useRef, useState } from "react";
import type { Json } from "@/features/graph";
import { api, need } from "@/lib/api/client";
import { shown, suggestions, useScope } from "./scope";

const CodeEditor = dynamic(() => import("@/components/code-editor"), { ssr: false });
const PAUSE_MS = 350;

interface ExpressionFieldProps {
  label: string;
  value: string;
  onChange: (value: string) => void;
  tall?: boolean;
  /** Only the inside of `{{ … }}` is a condition's or a text's; all of it is a value's. */
  placeholder?: string;
}

/** Text with `{{ … }}`: completes from the graph and the last run, and shows what it gives. */
export function ExpressionField({
  label,
  value,
  onChange,
  tall,
  placeholder,
}: ExpressionFieldProps) {
  const { values } = useScope();
  const known = useRef(values);
  known.current = values;
  const [focused, setFocused] = useState(false);
  const complete = useCallback((before: string) => suggestions(before, known.current), []);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: it only watches the editor's focus
    <div onFocus={() => setFocused(true)} onBlur={() => setFocused(false)}>
      <CodeEditor
        label={label}
        value={value}
        onChange={onChange}
        complete={complete}
        lines={false}
        minHeight={tall ? "6rem" : "2rem"}
        placeholder={placeholder ?? ""}
      />
      {focused && value.includes("{{") && <Preview template={value} />}
    </div>
  );
}

/** What a template gives on the sample data, by the server's own engine. */
export function Preview({ template }: { template: Json }) {
  const t = useTranslations("designer");
  const { values } = useScope();
  const settled = useSettled(template);
  const { secrets: _secrets, ...scope } = values;
  const { data } = useQuery({
    queryKey: ["evaluate", settled, scope],
    queryFn: () =>
      need(
        api.POST("/api/v1/expressions/evaluate", { body: { template: settled, scope } as never }),
      ),
    staleTime: 60_000,
    gcTime: 60_000,
    placeholderData: (before) => before,
  });
  if (!data) return null;
  return (
    <p
      aria-live="polite"
      data-preview
      className={`mt-1 break-words rounded px-2 py-1 font-mono text-[11.5px] ${data.ok ? "bg-ok-soft text-ok" : "bg-wait-soft text-wait"}`}
    >
      <span className="sr-only">{t("preview")}: </span>
      {data.ok ? `= ${shown(data.value as Json, 300)}` : data.error}
    </p>
  );
}

function useSettled<T>(value: T): T {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [value]);
  return settled;
}
