"use client";

import { useTranslations } from "next-intl";
import type { Artifact } from "@/lib/artifact";
import { kindOf } from "./kind";
import { PictureBody, SoundBody } from "./media-body";
import { TableBody } from "./table-body";
import { TextBody } from "./text-body";

const MOST_MEDIA_BYTES = 64 * 1024 * 1024;

/** What an artifact holds, as far as a browser can show it. */
export function ArtifactBody({ artifact }: { artifact: Artifact }) {
  const t = useTranslations("artifacts");
  const kind = kindOf(artifact.type);
  const small = artifact.size <= MOST_MEDIA_BYTES;
  if (kind === "json" || kind === "text")
    return <TextBody artifact={artifact} json={kind === "json"} />;
  if (kind === "table") return <TableBody artifact={artifact} />;
  if (kind === "picture" && small) return <PictureBody artifact={artifact} />;
  if (kind === "sound" && small) return <SoundBody artifact={artifact} />;
  return <p className="text-ink-soft">{t("notShown")}</p>;
}
