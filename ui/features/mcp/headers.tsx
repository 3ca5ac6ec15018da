import { useTranslations } from "next-intl";
import { PairsField, type Schema, ToolScope } from "@/features/forms";
import type { JsonObject } from "@/features/graph";

const TEXTS: Schema = { type: "object", additionalProperties: { type: "string" } };

interface HeadersProps {
  value: Record<string, string>;
  onChange: (value: Record<string, string>) => void;
}

/** Headers that every request to a server carries; what is secret is named, not written. */
export function Headers({ value, onChange }: HeadersProps) {
  const t = useTranslations("mcp");
  return (
    <fieldset className="mb-3 rounded-md border border-line p-3">
      <legend className="px-1 font-medium text-[13px]">{t("headers")}</legend>
      <p className="mb-2 text-ink-soft text-xs">{t("headersHint")}</p>
      <ToolScope>
        <PairsField
          label={t("headers")}
          schema={TEXTS}
          value={value}
          onChange={(next) => onChange(texts(next))}
        />
      </ToolScope>
    </fieldset>
  );
}

function texts(value: JsonObject): Record<string, string> {
  return Object.fromEntries(
    Object.entries(value).map(([name, text]) => [name, typeof text === "string" ? text : ""]),
  );
}
