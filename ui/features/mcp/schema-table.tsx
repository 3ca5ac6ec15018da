"use client";

import { useTranslations } from "next-intl";
import type { Schema } from "@/features/forms";
import { schemaRows } from "./schema-rows";

interface SchemaTableProps {
  label: string;
  schema: Schema;
}

/** What an object schema takes, to read; the texts may be a foreign server's and stay texts. */
export function SchemaTable({ label, schema }: SchemaTableProps) {
  const t = useTranslations("mcp");
  const rows = schemaRows(schema);
  return (
    <>
      {rows.length === 0 ? (
        <p className="text-ink-soft text-xs">{t("noFields")}</p>
      ) : (
        <section
          aria-label={label}
          // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keyboard
          tabIndex={0}
          className="max-h-80 overflow-auto rounded-md border border-line"
        >
          <table className="w-full text-left text-xs">
            <thead className="bg-sunken text-ink-soft">
              <tr>
                {(["field", "type", "about"] as const).map((column) => (
                  <th key={column} scope="col" className="px-2 py-1 font-medium">
                    {t(`columns.${column}`)}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody className="divide-y divide-line align-top">
              {rows.map(({ name, type, required, text }) => (
                <tr key={name}>
                  <td className="px-2 py-1">
                    <code className="break-all">{name}</code>
                    {required && <span className="ml-1 text-bad">{t("required")}</span>}
                  </td>
                  <td className="px-2 py-1">
                    <code className="break-all text-ink-soft">{type}</code>
                  </td>
                  <td className="whitespace-pre-wrap break-words px-2 py-1">{text}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
      <details className="mt-1 text-xs">
        <summary className="cursor-pointer text-ink-soft">{t("asJson")}</summary>
        <pre
          // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keyboard
          tabIndex={0}
          className="mt-1 max-h-72 overflow-auto rounded-md bg-sunken p-2 font-mono"
        >
          {JSON.stringify(schema, null, 2)}
        </pre>
      </details>
    </>
  );
}
