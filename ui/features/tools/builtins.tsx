"use client";

import { useQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useTranslations } from "next-intl";
import { Button } from "@/components/button";
import { Loaded } from "@/components/states";
import { api, need } from "@/lib/api/client";
import { type Builtin, TOOLS } from "./api";

interface BuiltinsProps {
  /** Null for those who may only look. */
  onUse: ((builtin: Builtin) => void) | null;
}

/** The helpers that ship with PasteTrader. */
export function Builtins({ onUse }: BuiltinsProps) {
  const t = useTranslations("tools");
  const query = useQuery({
    queryKey: [...TOOLS, "builtin"],
    queryFn: () => need(api.GET("/api/v1/tools/builtin")),
    select: ({ items }) => items,
    staleTime: Number.POSITIVE_INFINITY,
  });
  return (
    <section aria-labelledby="builtins" className="mt-8">
      <h2 id="builtins" className="font-semibold text-base">
        {t("builtins")}
      </h2>
      <p className="mt-1 mb-3 text-ink-soft">{t("builtinsLead")}</p>
      <Loaded query={query}>
        {(builtins) => (
          <ul className="grid gap-3 sm:grid-cols-2 xl:grid-cols-3">
            {builtins.map((builtin) => (
              <Card key={builtin.name} builtin={builtin} onUse={onUse} />
            ))}
          </ul>
        )}
      </Loaded>
    </section>
  );
}

function Card({ builtin, onUse }: { builtin: Builtin } & BuiltinsProps) {
  const t = useTranslations("tools");
  return (
    <li className="flex min-w-0 flex-col rounded-lg border border-line bg-surface p-4">
      <h3 className="font-medium">
        {builtin.title}{" "}
        <code className="ml-1 font-normal text-ink-soft text-xs">{builtin.name}</code>
      </h3>
      <p className="mt-1 text-ink-soft">{builtin.description}</p>
      <p className="mt-2 flex-1 text-xs">
        <span className="font-medium">{t("output")}:</span> {builtin.output_description}
      </p>
      <Schema title={t("options")} schema={builtin.options_schema} />
      <Schema title={t("inputs")} schema={builtin.input_schema} />
      {onUse && (
        <div className="mt-3">
          <Button aria-label={t("makeOf", { name: builtin.title })} onClick={() => onUse(builtin)}>
            <Plus size={15} aria-hidden />
            {t("make")}
          </Button>
        </div>
      )}
    </li>
  );
}

function Schema({ title, schema }: { title: string; schema: Record<string, unknown> }) {
  return (
    <details className="mt-2 text-xs">
      <summary className="cursor-pointer text-ink-soft">{title}</summary>
      <pre
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keyboard
        tabIndex={0}
        className="mt-1 max-h-56 overflow-auto rounded-md border border-line bg-sunken p-2 font-mono"
      >
        {JSON.stringify(schema, null, 2)}
      </pre>
    </details>
  );
}
