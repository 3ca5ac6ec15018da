import dynamic from "next/dynamic";
import { useTranslations } from "next-intl";
import { useState } from "react";
import type { Json } from "@/features/graph";
import type { Draft, Registry, Stored } from "./registry";

const CodeEditor = dynamic(() => import("@/components/code-editor"), { ssr: false });

interface WholeProps<S extends Stored, D extends Draft> {
  registry: Registry<S, D>;
  draft: D;
  /** The draft as a document says it; null for what is no document of this kind. */
  read: (document: Json) => D | null;
  /** What such a document must say. */
  form: string;
  onChange: (draft: D) => void;
}

/** All of it as one document, for whoever would rather write than click. */
export function Whole<S extends Stored, D extends Draft>(props: WholeProps<S, D>) {
  const { registry, draft, read, form, onChange } = props;
  const t = useTranslations(registry.name);
  const [text, setText] = useState(() => JSON.stringify(registry.contentOf(draft), null, 2));
  const [error, setError] = useState<string | null>(null);
  function write(next: string): void {
    setText(next);
    try {
      const found = read(JSON.parse(next) as Json);
      setError(found ? null : form);
      if (found) onChange(found);
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
