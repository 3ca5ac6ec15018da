"use client";

import { useMutation } from "@tanstack/react-query";
import { Download } from "lucide-react";
import { useTranslations } from "next-intl";
import { Button } from "@/components/button";
import { CopyButton } from "@/components/copy-button";
import { Dialog } from "@/components/dialog";
import { fetchArtifact } from "@/lib/api/artifacts";
import { type Artifact, fileName } from "@/lib/artifact";
import { byteSize } from "@/lib/format";
import { saveBlob } from "@/lib/save-blob";
import { ArtifactBody } from "./body";
import { Refused } from "./refused";

interface ViewerProps {
  artifact: Artifact;
  onClose: () => void;
}

/** One artifact: what is known of it, what it holds, and ways to take it along. */
export function Viewer({ artifact, onClose }: ViewerProps) {
  const t = useTranslations("artifacts");
  const common = useTranslations("common");
  const name = fileName(artifact);
  const saving = useMutation({
    mutationFn: () => fetchArtifact(artifact),
    onSuccess: (blob) => saveBlob(blob, name),
    gcTime: 0,
  });
  return (
    <Dialog open wide onOpenChange={onClose} title={name}>
      <Facts artifact={artifact} />
      <div className="mb-4 flex flex-wrap gap-2">
        <Button busy={saving.isPending} onClick={() => saving.mutate()}>
          {!saving.isPending && <Download size={15} aria-hidden />}
          {common("download")}
        </Button>
        <CopyButton wide label={t("copyReference")} text={JSON.stringify(artifact.reference)} />
      </div>
      {saving.error && (
        <div className="mb-4">
          <Refused artifact={{ ...artifact, preview: "" }} error={saving.error} />
        </div>
      )}
      <ArtifactBody artifact={artifact} />
    </Dialog>
  );
}

function Facts({ artifact }: { artifact: Artifact }) {
  const t = useTranslations("artifacts");
  const { type, size, sha256 } = artifact;
  return (
    <dl className="mb-3 grid grid-cols-[auto_1fr] items-center gap-x-4 gap-y-1 text-xs">
      <dt className="text-ink-soft">{t("type")}</dt>
      <dd className="break-all">{type || "—"}</dd>
      <dt className="text-ink-soft">{t("size")}</dt>
      <dd title={t("bytes", { count: size })}>{byteSize(size)}</dd>
      <dt className="text-ink-soft">SHA-256</dt>
      <dd className="flex items-center gap-1">
        <code className="min-w-0 break-all">{sha256 || "—"}</code>
        {sha256 && <CopyButton label={t("copyHash")} text={sha256} />}
      </dd>
    </dl>
  );
}
