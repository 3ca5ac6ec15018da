import { useTranslations } from "next-intl";
import { Failure } from "@/components/states";
import { Problem } from "@/lib/api/problem";
import type { Artifact } from "@/lib/artifact";

interface RefusedProps {
  artifact: Artifact;
  error: unknown;
}

/** Why the bytes did not come; most often they are gone, and only what the value kept is left. */
export function Refused({ artifact, error }: RefusedProps) {
  const t = useTranslations("artifacts");
  if (!(error instanceof Problem && error.status === 404)) return <Failure error={error} />;
  return (
    <div role="alert" className="rounded-lg bg-wait-soft p-4 text-wait">
      <p className="font-medium">{t("gone")}</p>
      <p className="mt-1 text-sm">{t("goneHint")}</p>
      {artifact.preview && (
        <>
          <p className="mt-3 text-xs">{t("beginning")}</p>
          <pre className="mt-1 whitespace-pre-wrap break-words rounded bg-surface p-2 text-[12px] text-ink">
            {artifact.preview}
          </pre>
        </>
      )}
    </div>
  );
}
