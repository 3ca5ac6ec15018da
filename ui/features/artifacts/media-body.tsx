import { useTranslations } from "next-intl";
import { useState } from "react";
import { Loading } from "@/components/states";
import { type Artifact, fileName } from "@/lib/artifact";
import { Refused } from "./refused";
import { useBlobUrl } from "./use-blob-url";

/** As an image element, in which an SVG runs no script. */
export function PictureBody({ artifact }: { artifact: Artifact }) {
  const { url, error } = useBlobUrl(artifact);
  if (error) return <Refused artifact={artifact} error={error} />;
  if (!url) return <Loading />;
  return (
    <img
      src={url}
      alt={fileName(artifact)}
      className="max-h-[60vh] max-w-full rounded-md border border-line bg-white"
    />
  );
}

export function SoundBody({ artifact }: { artifact: Artifact }) {
  const t = useTranslations("artifacts");
  const { url, error } = useBlobUrl(artifact);
  const [refused, setRefused] = useState(false);
  if (error) return <Refused artifact={artifact} error={error} />;
  if (refused) return <p className="text-ink-soft">{t("notShown")}</p>;
  if (!url) return <Loading />;
  return (
    // biome-ignore lint/a11y/useMediaCaption: nobody wrote down what a tool made
    <audio
      controls
      src={url}
      aria-label={fileName(artifact)}
      onError={() => setRefused(true)}
      className="w-full"
    />
  );
}
