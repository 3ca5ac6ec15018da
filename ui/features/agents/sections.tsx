import { useTranslations } from "next-intl";
import { Tabs } from "radix-ui";
import type { ReactNode } from "react";
import type { DraftProps } from "./about";
import { AnswerPart, BudgetPart } from "./answer-part";
import { ModelPart } from "./model-part";
import { ToolsPart } from "./tools-part";
import { Whole } from "./whole";

const SECTIONS = ["model", "tools", "answers", "budgets", "json"] as const;
type Section = (typeof SECTIONS)[number];

/** Everything about an agent but its name, part by part. */
export function Sections({ draft, onChange }: DraftProps) {
  const t = useTranslations("agents");
  const part = {
    settings: draft.settings,
    onChange: (settings: DraftProps["draft"]["settings"]) => onChange({ settings }),
  };
  const contents: Record<Section, ReactNode> = {
    model: <ModelPart {...part} />,
    tools: <ToolsPart {...part} self={draft.name} />,
    answers: <AnswerPart {...part} />,
    budgets: (
      <>
        <BudgetPart {...part} />
        <Sharing draft={draft} onChange={onChange} />
      </>
    ),
    json: <Whole draft={draft} onChange={onChange} />,
  };
  const count = draft.settings.tools?.length ?? 0;
  return (
    <Tabs.Root defaultValue="model">
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
            {section === "tools" && count > 0 && ` ${count}`}
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

function Sharing({ draft, onChange }: DraftProps) {
  const t = useTranslations("agents");
  return (
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
  );
}
