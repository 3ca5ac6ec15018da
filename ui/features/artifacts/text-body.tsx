import dynamic from "next/dynamic";
import { useTranslations } from "next-intl";
import { useMemo } from "react";
import { Loading } from "@/components/states";
import { type Artifact, fileName } from "@/lib/artifact";
import { byteSize } from "@/lib/format";
import { Further } from "./further";
import { indented } from "./indented";
import { Refused } from "./refused";
import { useText } from "./text";

const CodeReader = dynamic(
  () => import("@/components/code-reader").then((reader) => reader.CodeReader),
  { ssr: false, loading: () => <Loading /> },
);

interface TextBodyProps {
  artifact: Artifact;
  json: boolean;
}

export function TextBody({ artifact, json }: TextBodyProps) {
  const t = useTranslations("artifacts");
  const { query, text, whole, read } = useText(artifact);
  const shown = useMemo(() => (text && json ? indented(text) : text), [text, json]);
  if (shown === undefined)
    return query.error ? <Refused artifact={artifact} error={query.error} /> : <Loading />;
  return (
    <>
      <CodeReader label={fileName(artifact)} text={shown} language={json ? "json" : undefined} />
      {!whole && (
        <p role="status" className="mt-2 text-center text-ink-soft text-xs">
          {t("part", { read: byteSize(read), size: byteSize(artifact.size) })}
        </p>
      )}
      <Further artifact={artifact} query={query} />
    </>
  );
}
