import { useFormatter, useTranslations } from "next-intl";
import type { Spent } from "./entries";

/** Tokens and dollars, as far as there are any. */
export function SpentLine({ spent }: { spent: Spent }) {
  const t = useTranslations("transcript");
  const format = useFormatter();
  const { tokensIn, tokensOut, costUsd } = spent;
  return (
    <span data-spent className="text-ink-soft text-xs tabular-nums">
      {t("tokens", { in: tokensIn, out: tokensOut })}
      {costUsd > 0 &&
        ` · ${format.number(costUsd, { style: "currency", currency: "USD", maximumFractionDigits: 6 })}`}
    </span>
  );
}
