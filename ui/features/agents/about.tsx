import { useTranslations } from "next-intl";
import { DescriptionField, NameField } from "@/features/registry";
import type { Draft } from "./draft";

export interface DraftProps {
  draft: Draft;
  onChange: (part: Partial<Draft>) => void;
}

/** Name and description. */
export function About(props: DraftProps) {
  const t = useTranslations("agents");
  return (
    <>
      <NameField registry="agents" {...props} />
      <DescriptionField registry="agents" hint={t("descriptionHint")} {...props} />
    </>
  );
}
