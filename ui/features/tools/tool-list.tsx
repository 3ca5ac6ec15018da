"use client";

import { Copy, Trash2 } from "lucide-react";
import Link from "next/link";
import { useRouter } from "next/navigation";
import { useTranslations } from "next-intl";
import { IconButton } from "@/components/button";
import { Table } from "@/components/table";
import { When } from "@/components/when";
import { useMayWrite } from "@/features/auth";
import { useSession } from "@/lib/api/session";
import type { Tool } from "./api";

interface ToolListProps {
  tools: Tool[];
  onDelete: (tool: Tool) => void;
}

export function ToolList({ tools, onDelete }: ToolListProps) {
  const t = useTranslations("tools");
  const head = [
    t("name"),
    t("kind"),
    t("shared"),
    t("updated"),
    <span key="actions" className="sr-only">
      {t("actions")}
    </span>,
  ];
  return (
    <Table label={t("title")} head={head}>
      {tools.map((tool) => (
        <Row key={tool.id} tool={tool} onDelete={() => onDelete(tool)} />
      ))}
    </Table>
  );
}

interface RowProps {
  tool: Tool;
  onDelete: () => void;
}

function Row({ tool, onDelete }: RowProps) {
  const t = useTranslations("tools");
  const me = useSession((state) => state.user?.id);
  const mine = tool.owner_id === me;
  return (
    <tr>
      <td className="w-full max-w-0">
        <Link
          href={`/tools/edit?id=${encodeURIComponent(tool.id)}`}
          className="block truncate font-medium text-accent hover:underline"
        >
          {tool.name}
        </Link>
        {tool.description && <p className="truncate text-ink-soft text-xs">{tool.description}</p>}
      </td>
      <td className="whitespace-nowrap">{t(`kinds.${tool.tool_type}`)}</td>
      <td className="whitespace-nowrap text-ink-soft">
        {mine ? t(tool.is_public ? "withAll" : "withNobody") : t("byOthers")}
      </td>
      <td>
        <When at={tool.updated_at} />
      </td>
      <td>
        <RowActions tool={tool} mine={mine} onDelete={onDelete} />
      </td>
    </tr>
  );
}

function RowActions({ tool, mine, onDelete }: RowProps & { mine: boolean }) {
  const t = useTranslations("tools");
  const router = useRouter();
  const { id, name } = tool;
  if (!useMayWrite()) return null;
  return (
    <div className="flex justify-end">
      <IconButton
        label={t("copyOf", { name })}
        onClick={() => router.push(`/tools/edit?copy=${encodeURIComponent(id)}`)}
      >
        <Copy size={16} />
      </IconButton>
      {mine && (
        <IconButton label={t("deleteOf", { name })} onClick={onDelete}>
          <Trash2 size={16} />
        </IconButton>
      )}
    </div>
  );
}
