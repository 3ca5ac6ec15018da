import { useQuery } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { Tabs } from "radix-ui";
import { useEffect, useState } from "react";
import { type Artifact, artifactOf, fetchArtifact, JsonView } from "@/components/json-view";
import { Failure, Loading } from "@/components/states";
import type { Json, JsonObject } from "@/features/graph";

const TABLE_ROWS = 500;
const TEXT_BYTES = 512 * 1024;

/** A value as a tree, a table when it is one, text, and its artifacts as pictures or texts. */
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
        {artifacts.map((artifact) => (
          <File key={artifact.id} artifact={artifact} />
        ))}
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
  const columns = [...new Set(rows.slice(0, TABLE_ROWS).flatMap((row) => Object.keys(row)))].slice(
    0,
    30,
  );
  return (
    <div className="max-h-96 overflow-auto rounded-md border border-line">
      <table className="w-full text-left text-xs">
        <thead className="sticky top-0 bg-sunken">
          <tr>
            {columns.map((column) => (
              <th key={column} scope="col" className="px-2 py-1 font-medium">
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody className="divide-y divide-line">
          {rows.slice(0, TABLE_ROWS).map((row, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: recorded rows do not move
            <tr key={index}>
              {columns.map((column) => (
                <td key={column} className="max-w-56 truncate px-2 py-1">
                  {cell(row[column])}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length > TABLE_ROWS && (
        <p className="p-2 text-ink-soft">{t("moreRows", { count: rows.length - TABLE_ROWS })}</p>
      )}
    </div>
  );
}

function cell(value: Json | undefined): string {
  if (value === undefined || value === null) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** Every artifact that a value refers to, once. */
export function artifactsIn(value: Json | undefined): Artifact[] {
  const found = new Map<string, Artifact>();
  const walk = (item: Json | undefined): void => {
    const artifact = artifactOf(item);
    if (artifact) found.set(artifact.id, artifact);
    else if (typeof item === "object" && item !== null)
      for (const each of Object.values(item)) walk(each);
  };
  walk(value);
  return [...found.values()];
}

function File({ artifact }: { artifact: Artifact }) {
  const picture = artifact.type.startsWith("image/");
  const text =
    /^text\/|json|yaml|xml/.test(artifact.type) && artifact.size <= TEXT_BYTES && !picture;
  return (
    <figure>
      <figcaption className="mb-1">
        <JsonView value={{ $artifact: { ...artifact, content_type: artifact.type } }} />
      </figcaption>
      {picture && <Picture artifact={artifact} />}
      {text && <TextFile artifact={artifact} />}
    </figure>
  );
}

function useArtifact(id: string) {
  return useQuery({
    queryKey: ["artifact", id],
    queryFn: () => fetchArtifact(id),
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/** As an image element, in which an SVG runs no script. */
function Picture({ artifact }: { artifact: Artifact }) {
  const { data, error } = useArtifact(artifact.id);
  const [url, setUrl] = useState<string | null>(null);
  useEffect(() => {
    if (!data) return;
    const made = URL.createObjectURL(data);
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [data]);
  if (error) return <Failure error={error} />;
  if (!url) return <Loading />;
  return (
    <img
      src={url}
      alt={artifact.name}
      className="max-h-96 max-w-full rounded-md border border-line bg-white"
    />
  );
}

function TextFile({ artifact }: { artifact: Artifact }) {
  const text = useQuery({
    queryKey: ["artifact-text", artifact.id],
    queryFn: async () => (await fetchArtifact(artifact.id)).text(),
    staleTime: Number.POSITIVE_INFINITY,
  });
  if (text.error) return <Failure error={text.error} />;
  if (text.data === undefined) return <Loading />;
  return (
    <pre className="max-h-96 overflow-auto whitespace-pre-wrap rounded-md bg-sunken p-2 text-[12px]">
      {text.data}
    </pre>
  );
}
