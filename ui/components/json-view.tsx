import { ChevronRight, Download } from "lucide-react";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { complain } from "@/components/toasts";
import { authorised } from "@/lib/api/client";
import { Button } from "./button";

type Json = string | number | boolean | null | undefined | Json[] | { [key: string]: Json };

const OPEN_DEPTH = 2;
const SHOWN_ITEMS = 100;
const SHOWN_TEXT = 4_000;

/** A JSON value as a tree that opens and closes; artifacts can be downloaded. */
export function JsonView({ value }: { value: Json }) {
  return (
    <div
      className="max-h-96 overflow-auto rounded-md bg-sunken p-2 font-mono text-[12px] leading-5"
      data-json
    >
      <Branch value={value} depth={0} />
    </div>
  );
}

function Branch({ name, value, depth }: { name?: string; value: Json; depth: number }) {
  const label = name === undefined ? null : <span className="text-run">{name}: </span>;
  if (typeof value !== "object" || value === null)
    return (
      <div className="break-words">
        {label}
        <Leaf value={value} />
      </div>
    );
  const artifact = artifactOf(value);
  if (artifact)
    return (
      <div className="flex flex-wrap items-center gap-2">
        {label}
        <ArtifactLink {...artifact} />
      </div>
    );
  return <Group label={label} value={value} depth={depth} />;
}

interface GroupProps {
  label: React.ReactNode;
  value: Json[] | { [key: string]: Json };
  depth: number;
}

function Group({ label, value, depth }: GroupProps) {
  const entries = Object.entries(value);
  const list = Array.isArray(value);
  const [open, setOpen] = useState(depth < OPEN_DEPTH && entries.length <= SHOWN_ITEMS);
  const brackets = list ? "[]" : "{}";
  if (entries.length === 0)
    return (
      <div>
        {label}
        {brackets}
      </div>
    );
  return (
    <div>
      <button
        type="button"
        aria-expanded={open}
        onClick={() => setOpen(!open)}
        className="flex items-center text-left"
      >
        <ChevronRight
          size={13}
          className={`shrink-0 text-ink-soft ${open ? "rotate-90" : ""}`}
          aria-hidden
        />
        {label}
        <span className="text-ink-soft">
          {brackets[0]}
          {open ? "" : "…"}
          {brackets[1]} {entries.length}
        </span>
      </button>
      {open && (
        <div className="ml-1.5 border-line border-l pl-3">
          {entries.slice(0, SHOWN_ITEMS).map(([key, item]) => (
            <Branch key={key} name={key} value={item} depth={depth + 1} />
          ))}
          {entries.length > SHOWN_ITEMS && (
            <span className="text-ink-soft">… {entries.length - SHOWN_ITEMS}</span>
          )}
        </div>
      )}
    </div>
  );
}

function Leaf({ value }: { value: string | number | boolean | null | undefined }) {
  if (typeof value === "string") {
    const text = value.length > SHOWN_TEXT ? `${value.slice(0, SHOWN_TEXT)}…` : value;
    return (
      <span className="whitespace-pre-wrap text-ok">
        {JSON.stringify(text).slice(1, -1).replaceAll("\\n", "\n").replaceAll('\\"', '"')}
      </span>
    );
  }
  if (typeof value === "number") return <span className="text-wait">{value}</span>;
  return <span className="text-accent">{String(value ?? null)}</span>;
}

export interface Artifact {
  id: string;
  name: string;
  type: string;
  size: number;
}

/** The artifact that a value refers to; null when it is none. */
export function artifactOf(value: Json): Artifact | null {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return null;
  const found = value.$artifact;
  if (typeof found !== "object" || found === null || Array.isArray(found)) return null;
  return {
    id: String(found.id),
    name: String(found.name ?? found.id),
    type: String(found.content_type ?? ""),
    size: Number(found.size ?? 0),
  };
}

export async function fetchArtifact(id: string): Promise<Blob> {
  const answer = await authorised(new Request(`/api/v1/artifacts/${encodeURIComponent(id)}`));
  if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
  return answer.blob();
}

export function saveBlob(blob: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

function ArtifactLink({ id, name, type, size }: Artifact) {
  const t = useTranslations("common");
  return (
    <Button
      aria-label={`${t("download")} ${name}`}
      onClick={() => void fetchArtifact(id).then((blob) => saveBlob(blob, name), complain)}
    >
      <Download size={14} aria-hidden />
      {name}
      <span className="text-ink-soft text-xs">
        {type} · {(size / 1024).toFixed(1)} KiB
      </span>
    </Button>
  );
}
