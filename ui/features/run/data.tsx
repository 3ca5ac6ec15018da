import { useTranslations } from "next-intl";
import { Tabs } from "radix-ui";
import type { ReactNode } from "react";
import { Grid } from "@/components/grid";
import { JsonView } from "@/components/json-view";
import { ArtifactBody, ArtifactChip } from "@/features/artifacts";
import type { Json, JsonObject } from "@/features/graph";
import { type Artifact, artifactOf, artifactsIn } from "@/lib/artifact";

const TABLE_ROWS = 500;
const OPEN_FILES = 5;

/** A value as a tree, a table when it is one, text, and what its artifacts hold. */
export function ValueView({ value }: { value: Json | undefined }) {
  const t = useTranslations("run");
  const rows = rowsOf(value);
  const artifacts = artifactsIn(value);
  const tabs = [
    "tree",
    ...(rows ? ["table"] : []),
    "text",
    ...(artifacts.length > 0 ? ["files"] : []),
  ] as const;
  return (
    <Tabs.Root defaultValue={artifacts.length > 0 ? "files" : rows ? "table" : "tree"}>
      <Tabs.List aria-label={t("views")} className="mb-1 flex gap-1">
        {tabs.map((tab) => (
          <Tabs.Trigger
            key={tab}
            value={tab}
            className="rounded px-1.5 py-0.5 text-[11px] text-ink-soft data-[state=active]:bg-accent-soft data-[state=active]:text-accent"
          >
            {t(`view.${tab as "tree"}`)}
          </Tabs.Trigger>
        ))}
      </Tabs.List>
      <Tabs.Content value="tree">
        <JsonView value={value} />
      </Tabs.Content>
      {rows && (
        <Tabs.Content value="table">
          <Rows rows={rows} />
        </Tabs.Content>
      )}
      <Tabs.Content value="text">
        <pre className="max-h-96 overflow-auto whitespace-pre-wrap break-words rounded-md bg-sunken p-2 text-[12px]">
          {typeof value === "string" ? value : JSON.stringify(value ?? null, null, 2)}
        </pre>
      </Tabs.Content>
      <Tabs.Content value="files" className="space-y-3">
        <Files artifacts={artifacts} />
      </Tabs.Content>
    </Tabs.Root>
  );
}

/** The value as rows with columns; null when it is no list of objects. */
function rowsOf(value: Json | undefined): JsonObject[] | null {
  const list = Array.isArray(value) ? value : null;
  if (!list || list.length === 0) return null;
  const all = list.every(
    (row) => typeof row === "object" && row !== null && !Array.isArray(row) && !artifactOf(row),
  );
  return all ? (list as JsonObject[]) : null;
}

function Rows({ rows }: { rows: JsonObject[] }) {
  const t = useTranslations("run");
  const shown = rows.slice(0, TABLE_ROWS);
  const columns = [...new Set(shown.flatMap((row) => Object.keys(row)))];
  return (
    <>
      <Grid
        label={t("view.table")}
        columns={columns}
        rows={shown.map((row) => columns.map((column) => cell(row[column])))}
      />
      {rows.length > TABLE_ROWS && (
        <p className="p-2 text-ink-soft">{t("moreRows", { count: rows.length - TABLE_ROWS })}</p>
      )}
    </>
  );
}

function cell(value: Json | undefined): ReactNode {
  if (value === undefined || value === null) return "";
  const artifact = artifactOf(value);
  if (artifact) return <ArtifactChip artifact={artifact} />;
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** The artifacts of a value, the first of them opened. */
function Files({ artifacts }: { artifacts: Artifact[] }) {
  return artifacts.map((artifact, index) => (
    <figure key={artifact.id}>
      <figcaption className="mb-1">
        <ArtifactChip artifact={artifact} />
      </figcaption>
      {index < OPEN_FILES && <ArtifactBody artifact={artifact} />}
    </figure>
  ));
}
