import { useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { PartTabs } from "@/components/part-tabs";
import { KindEditor } from "@/features/editors";
import { SchemaEditor } from "@/features/forms";
import { SharedField, Whole } from "@/features/registry";
import type { PartProps } from "./about";
import { KINDS } from "./api";
import { withDocument } from "./draft";
import { LimitField } from "./limit-field";
import { REGISTRY } from "./registry";

interface SectionsProps extends PartProps {
  badLine: number | undefined;
}

/** Everything about a tool but its name, part by part. */
export function Sections(props: SectionsProps) {
  const t = useTranslations("tools");
  const parts = [
    { name: "config", title: t("section.config"), content: <Configuration {...props} /> },
    { name: "schemas", title: t("section.schemas"), content: <Schemas {...props} /> },
    { name: "limits", title: t("section.limits"), content: <Limits {...props} /> },
    { name: "json", title: t("section.json"), content: <Document {...props} /> },
  ];
  return <PartTabs label={t("sections")} parts={parts} />;
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
  return (
    <>
      <SharedField registry="tools" draft={draft} onChange={onChange} />
      <LimitField value={draft.limit} onChange={(limit) => onChange({ limit })} />
    </>
  );
}

function Document({ draft, onChange }: PartProps) {
  const t = useTranslations("tools");
  return (
    <Whole
      registry={REGISTRY}
      draft={draft}
      read={(document) => withDocument(draft, document)}
      form={t("notTool", { kinds: KINDS.join(", ") })}
      onChange={onChange}
    />
  );
}
