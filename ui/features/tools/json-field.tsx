"use client";

import { useTranslations } from "next-intl";
import { Field, TextArea } from "@/components/field";
import { parseObject } from "./json";

interface JsonFieldProps {
  label: string;
  hint?: string;
  value: string;
  onChange: (text: string) => void;
  rows?: number;
  required?: boolean;
}

/** A JSON object as text, which says where it is none. */
export function JsonField({ label, hint, value, onChange, rows = 6, required }: JsonFieldProps) {
  const t = useTranslations("tools");
  const parsed = value.trim() ? parseObject(value) : null;
  const error = parsed && !parsed.ok ? parsed.reason || t("notObject") : undefined;
  return (
    <Field label={label} hint={hint} error={error} required={required ?? false}>
      {({ id, describedBy, invalid }) => (
        <TextArea
          id={id}
          rows={rows}
          spellCheck={false}
          required={required}
          aria-describedby={describedBy}
          aria-invalid={invalid || undefined}
          className="font-mono text-xs"
          value={value}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </Field>
  );
}
