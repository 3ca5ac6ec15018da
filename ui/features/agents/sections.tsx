import { useTranslations } from "next-intl";
import { PartTabs } from "@/components/part-tabs";
import { SharedField, Whole } from "@/features/registry";
import type { DraftProps } from "./about";
import { AnswerPart, BudgetPart } from "./answer-part";
import { withDocument } from "./draft";
import { ModelPart } from "./model-part";
import { REGISTRY } from "./registry";
import { ToolsPart } from "./tools-part";

/** Everything about an agent but its name, part by part. */
export function Sections(props: DraftProps) {
  const { draft, onChange } = props;
  const t = useTranslations("agents");
  const part = {
    settings: draft.settings,
    onChange: (settings: DraftProps["draft"]["settings"]) => onChange({ settings }),
  };
  const count = draft.settings.tools?.length || "";
  const parts = [
    { name: "model", title: t("section.model"), content: <ModelPart {...part} /> },
    {
      name: "tools",
      title: `${t("section.tools")} ${count}`.trim(),
      content: <ToolsPart {...part} self={draft.name} />,
    },
    { name: "answers", title: t("section.answers"), content: <AnswerPart {...part} /> },
    {
      name: "budgets",
      title: t("section.budgets"),
      content: (
        <>
          <BudgetPart {...part} />
          <SharedField registry="agents" {...props} />
        </>
      ),
    },
    {
      name: "json",
      title: t("section.json"),
      content: <Whole registry={REGISTRY} read={withDocument} form={t("notAgent")} {...props} />,
    },
  ];
  return <PartTabs label={t("sections")} parts={parts} />;
}
