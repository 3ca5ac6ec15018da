"use client";

import { File, FileBraces, FileHeadphone, FileText, Image, Table } from "lucide-react";
import dynamic from "next/dynamic";
import { useTranslations } from "next-intl";
import { type ReactNode, useState } from "react";
import { ArtifactLook } from "@/components/json-view";
import { type Artifact, fileName } from "@/lib/artifact";
import { byteSize } from "@/lib/format";
import { type ArtifactKind, kindOf } from "./kind";

// Most values that are looked at hold no artifacts.
const Viewer = dynamic(() => import("./viewer").then((viewer) => viewer.Viewer), { ssr: false });

const ICONS: Record<ArtifactKind, typeof File> = {
  json: FileBraces,
  text: FileText,
  table: Table,
  picture: Image,
  sound: FileHeadphone,
  other: File,
};

/** An artifact by name, type and size; pressed, it opens. */
export function ArtifactChip({ artifact }: { artifact: Artifact }) {
  const t = useTranslations("artifacts");
  const [open, setOpen] = useState(false);
  const Icon = ICONS[kindOf(artifact.type)];
  const name = fileName(artifact);
  const about = [artifact.type, byteSize(artifact.size)].filter(Boolean).join(" · ");
  return (
    <>
      <button
        type="button"
        aria-haspopup="dialog"
        aria-label={t("openOf", { name, about })}
        onClick={() => setOpen(true)}
        className="inline-flex max-w-full items-center gap-1.5 rounded-md border border-line bg-surface px-2 py-1 text-left font-sans text-[13px] text-ink hover:bg-sunken"
      >
        <Icon size={14} className="shrink-0 text-accent" aria-hidden />
        <span className="min-w-0 truncate font-medium">{name}</span>
        <span className="whitespace-nowrap text-ink-soft text-xs">{about}</span>
      </button>
      {open && <Viewer artifact={artifact} onClose={() => setOpen(false)} />}
    </>
  );
}

/** Draws the artifacts in every value below as chips. */
export function ArtifactChips({ children }: { children: ReactNode }) {
  return <ArtifactLook value={ArtifactChip}>{children}</ArtifactLook>;
}
