import { useTranslations } from "next-intl";
import { When } from "@/components/when";
import type { Question } from "./entries";

/** What a person or a node has said to the agent; what it is told to be, and summaries, are folded. */
export function QuestionView({ question }: { question: Question }) {
  const t = useTranslations("transcript");
  const { role, text, at } = question;
  if (role !== "user")
    return (
      <details className="text-ink-soft text-xs">
        <summary className="cursor-pointer">{t(role)}</summary>
        <p className="mt-1 whitespace-pre-wrap break-words rounded-md bg-sunken p-2">{text}</p>
      </details>
    );
  return (
    <article
      aria-label={t("question")}
      data-said="user"
      className="ml-8 rounded-lg bg-accent-soft px-3 py-2"
    >
      <p className="whitespace-pre-wrap break-words">{text}</p>
      <p className="mt-1 text-ink-soft text-xs">{at === null ? t("sending") : <When at={at} />}</p>
    </article>
  );
}
