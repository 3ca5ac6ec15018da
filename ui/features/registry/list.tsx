"use client";

import { Copy, Trash2 } from "lucide-react";
import Link from "next/link";
import { useRouter } from "next/navigation";
import { useTranslations } from "next-intl";
import { type ComponentProps, type ReactNode, useState } from "react";
import { IconButton } from "@/components/button";
import { LoadMore } from "@/components/load-more";
import { Empty, Loaded } from "@/components/states";
import { Table } from "@/components/table";
import { UsedBy } from "@/components/used-by";
import { When } from "@/components/when";
import { useMayWrite } from "@/features/auth";
import { Delete } from "./delete";
import {
  type Draft,
  editPath,
  type Registry,
  type RegistryName,
  type Stored,
  useMine,
} from "./registry";

interface Query<S> {
  data: S[] | undefined;
  error: unknown;
  refetch: () => unknown;
}

interface ListProps<S extends Stored, D extends Draft> {
  registry: Registry<S, D>;
  query: Query<S> & ComponentProps<typeof LoadMore>["query"];
  /** Whether some are left out on purpose. */
  filtered: boolean;
  /** The columns that only this kind of thing has, and its `td`s in them. */
  columns: string[];
  cells: (stored: S) => ReactNode;
}

/** What is registered, page by page, each with its ways to edit, copy and delete it. */
export function List<S extends Stored, D extends Draft>(props: ListProps<S, D>) {
  const { registry, query, filtered, columns, cells } = props;
  const t = useTranslations(registry.name);
  const [doomed, setDoomed] = useState<S | null>(null);
  const [refused, setRefused] = useState<unknown>(null);
  const head = [t("name"), ...columns, t("shared"), t("updated")];
  function askToDelete(stored: S): void {
    setRefused(null);
    setDoomed(stored);
  }
  return (
    <>
      {refused !== null && <UsedBy error={refused} />}
      <Loaded query={query}>
        {(found) =>
          found.length > 0 ? (
            <Table label={t("title")} head={head} actions={t("actions")}>
              {found.map((each) => (
                <Row
                  key={each.id}
                  name={registry.name}
                  stored={each}
                  onDelete={() => askToDelete(each)}
                >
                  {cells(each)}
                </Row>
              ))}
            </Table>
          ) : (
            <Empty title={t(filtered ? "noMatch" : "empty")}>{t("emptyHint")}</Empty>
          )
        }
      </Loaded>
      <LoadMore query={query} />
      {doomed && (
        <Delete
          registry={registry}
          stored={doomed}
          onClose={() => setDoomed(null)}
          onRefused={setRefused}
        />
      )}
    </>
  );
}

interface RowProps {
  name: RegistryName;
  stored: Stored;
  onDelete: () => void;
}

function Row({ children, ...row }: RowProps & { children: ReactNode }) {
  const { name, stored } = row;
  const t = useTranslations(name);
  const mine = useMine(stored);
  return (
    <tr>
      <td className="w-full max-w-0">
        <Link
          href={editPath(name, { id: stored.id })}
          className="block truncate font-medium text-accent hover:underline"
        >
          {stored.name}
        </Link>
        {stored.description && (
          <p className="truncate text-ink-soft text-xs">{stored.description}</p>
        )}
      </td>
      {children}
      <td className="whitespace-nowrap text-ink-soft">
        {mine ? t(stored.is_public ? "withAll" : "withNobody") : t("byOthers")}
      </td>
      <td>
        <When at={stored.updated_at} />
      </td>
      <td>
        <RowActions {...row} mine={mine} />
      </td>
    </tr>
  );
}

function RowActions({ name, stored, mine, onDelete }: RowProps & { mine: boolean }) {
  const t = useTranslations(name);
  const router = useRouter();
  const named = { name: stored.name };
  if (!useMayWrite()) return null;
  return (
    <div className="flex justify-end">
      <IconButton
        label={t("copyOf", named)}
        onClick={() => router.push(editPath(name, { copy: stored.id }))}
      >
        <Copy size={16} />
      </IconButton>
      {mine && (
        <IconButton label={t("deleteOf", named)} onClick={onDelete}>
          <Trash2 size={16} />
        </IconButton>
      )}
    </div>
  );
}
