import { ChevronRight } from "lucide-react";
import { type ComponentType, createContext, useContext, useState } from "react";
import { type Artifact, artifactOf, fileName } from "@/lib/artifact";

type Json = string | number | boolean | null | undefined | Json[] | { [key: string]: Json };

const OPEN_DEPTH = 2;
const SHOWN_ITEMS = 100;
const SHOWN_TEXT = 4_000;

/** How artifacts in values are drawn; who can open them says so for everything below. */
export const ArtifactLook = createContext<ComponentType<{ artifact: Artifact }>>(({ artifact }) =>
  fileName(artifact),
);

/** A JSON value as a tree that opens and closes. */
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
  const ArtifactView = useContext(ArtifactLook);
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
        <ArtifactView artifact={artifact} />
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
