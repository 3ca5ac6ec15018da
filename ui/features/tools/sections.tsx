import { useTranslations } from "next-intl";
import { Tabs } from "radix-ui";
import type { ReactNode } from "react";
import { KindEditor } from "@/features/editors";
import { SchemaEditor } from "@/features/forms";
import type { PartProps } from "./about";
import { LimitField } from "./limit-field";
import { Whole } from "./whole";

const SECTIONS = ["config", "schemas", "limits", "json"] as const;
type Section = (typeof SECTIONS)[number];

interface SectionsProps extends PartProps {
  badLine: number | undefined;
}

/** Everything about a tool but its name, part by part. */
export function Sections(props: SectionsProps) {
  const t = useTranslations("tools");
  const contents: Record<Section, ReactNode> = {
    config: <Configuration {...props} />,
    schemas: <Schemas {...props} />,
    limits: <Limits {...props} />,
    json: <Whole {...props} />,
  };
  return (
    <Tabs.Root defaultValue="config">
      <Tabs.List
        aria-label={t("sections")}
        className="mb-3 flex flex-wrap border-line border-b px-1"
      >
        {SECTIONS.map((section) => (
          <Tabs.Trigger
            key={section}
            value={section}
            className="-mb-px border-transparent border-b-2 px-2 py-2 font-medium text-[13px] text-ink-soft data-[state=active]:border-accent data-[state=active]:text-ink"
          >
            {t(`section.${section}`)}
          </Tabs.Trigger>
        ))}
      </Tabs.List>
      {SECTIONS.map((section) => (
        <Tabs.Content key={section} value={section}>
          {contents[section]}
        </Tabs.Content>
      ))}
    </Tabs.Root>
  );
}

function Configuration({ draft, onChange, badLine }: SectionsProps) {
  const { kind, configs, input } = draft;
  return (
    <KindEditor
      key={kind}
      kind={kind}
      value={configs[kind]}
      badLine={badLine}
      input={{ schema: input, onTake: (schema) => onChange({ input: schema }) }}
      onChange={(config) => onChange({ configs: { ...configs, [kind]: config } })}
    />
  );
}

function Schemas({ draft, onChange }: PartProps) {
  const t = useTranslations("tools");
  return (
    <>
      <SchemaPart title={t("inputSchema")} hint={t("inputSchemaHint")}>
        <SchemaEditor
          value={draft.input ?? undefined}
          onChange={(input) => onChange({ input: input ?? null })}
        />
      </SchemaPart>
      <SchemaPart title={t("outputSchema")} hint={t("outputSchemaHint")}>
        <SchemaEditor
          value={draft.output ?? undefined}
          onChange={(output) => onChange({ output: output ?? null })}
        />
      </SchemaPart>
    </>
  );
}

interface SchemaPartProps {
  title: string;
  hint: string;
  children: ReactNode;
}

function SchemaPart({ title, hint, children }: SchemaPartProps) {
  const t = useTranslations("tools");
  return (
    <fieldset className="mb-3 rounded-md border border-line p-3">
      <legend className="px-1 font-medium text-[13px]">{title}</legend>
      <p className="mb-2 text-ink-soft text-xs">
        {hint} {t("schemaHint")}
      </p>
      {children}
    </fieldset>
  );
}

function Limits({ draft, onChange }: PartProps) {
  const t = useTranslations("tools");
  return (
    <>
      <label className="mb-3 flex items-start gap-2">
        <input
          type="checkbox"
          className="mt-0.5 accent-accent"
          checked={draft.shared}
          onChange={(event) => onChange({ shared: event.target.checked })}
        />
        <span>
          {t("public")}
          <span className="block text-ink-soft text-xs">{t("publicHint")}</span>
        </span>
      </label>
      <LimitField value={draft.limit} onChange={(limit) => onChange({ limit })} />
    </>
  );
}
