import dynamic from "next/dynamic";
import { useTranslations } from "next-intl";
import { useState } from "react";
import type { Json } from "@/features/graph";
import type { DraftProps } from "./about";
import { contentOf, withDocument } from "./draft";

const CodeEditor = dynamic(() => import("@/components/code-editor"), { ssr: false });

/** The agent as one document, for whoever would rather write than click. */
export function Whole({ draft, onChange }: DraftProps) {
  const t = useTranslations("agents");
  const [text, setText] = useState(() => JSON.stringify(contentOf(draft), null, 2));
  const [error, setError] = useState<string | null>(null);
  function write(next: string): void {
    setText(next);
    try {
      const read = withDocument(JSON.parse(next) as Json);
      setError(read ? null : t("notAgent"));
      if (read) onChange(read);
    } catch (problem) {
      setError(t("notJson", { error: problem instanceof Error ? problem.message : "" }));
    }
  }
  return (
    <>
      <p className="mb-2 text-ink-soft text-xs">{t("wholeHint")}</p>
      <CodeEditor
        label={t("whole")}
        language="json"
        minHeight="16rem"
        maxHeight="40rem"
        value={text}
        onChange={write}
      />
      {error && (
        <p role="alert" className="mt-1 text-bad text-xs">
          {error}
        </p>
      )}
    </>
  );
}
