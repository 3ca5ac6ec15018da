"use client";

import Link from "next/link";
import { useTranslations } from "next-intl";
import { Table } from "@/components/table";
import { When } from "@/components/when";
import { editPath, type Workflow } from "./actions";
import { RowMenu } from "./row-menu";

interface ListProps {
  workflows: Workflow[];
  onDeleted: (workflow: Workflow) => void;
}

export function List({ workflows, onDeleted }: ListProps) {
  const t = useTranslations("workflows");
  const head = [t("name"), t("draft"), t("publishedVersion"), t("active"), t("updated")];
  return (
    <Table label={t("title")} head={head} actions={t("actions")}>
      {workflows.map((workflow) => (
        <Row key={workflow.id} workflow={workflow} onDeleted={onDeleted} />
      ))}
    </Table>
  );
}

interface RowProps {
  workflow: Workflow;
  onDeleted: (workflow: Workflow) => void;
}

function Row({ workflow, onDeleted }: RowProps) {
  const t = useTranslations("workflows");
  const common = useTranslations("common");
  return (
    <tr>
      <td className="w-full max-w-0">
        <Link
          href={editPath(workflow.id)}
          className="block truncate font-medium hover:text-accent hover:underline"
        >
          {workflow.name}
        </Link>
        {workflow.description && (
          <p className="truncate text-ink-soft text-xs">{workflow.description}</p>
        )}
      </td>
      <td className="tabular-nums">{workflow.version}</td>
      <td className="whitespace-nowrap tabular-nums">
        {workflow.published_version ?? <span className="text-ink-soft">{t("never")}</span>}
      </td>
      <td className={workflow.is_active ? "" : "text-ink-soft"}>
        {common(workflow.is_active ? "yes" : "no")}
      </td>
      <td>
        <When at={workflow.updated_at} />
      </td>
      <td className="text-right">
        <RowMenu workflow={workflow} onDeleted={onDeleted} />
      </td>
    </tr>
  );
}
