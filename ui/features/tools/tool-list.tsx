"use client";

import { FlaskConical, Pencil, Trash2 } from "lucide-react";
import { useTranslations } from "next-intl";
import { IconButton } from "@/components/button";
import { Table } from "@/components/table";
import { When } from "@/components/when";
import { useMayWrite } from "@/features/auth";
import { useSession } from "@/lib/api/session";
import type { Tool } from "./api";

type Ask = (what: "edit" | "delete" | "try", tool: Tool) => void;

export function ToolList({ tools, onAsk }: { tools: Tool[]; onAsk: Ask }) {
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
        <Row key={tool.id} tool={tool} onAsk={onAsk} />
      ))}
    </Table>
  );
}

function Row({ tool, onAsk }: { tool: Tool; onAsk: Ask }) {
  const t = useTranslations("tools");
  const me = useSession((state) => state.user?.id);
  const mine = tool.owner_id === me;
  return (
    <tr>
      <td className="w-full max-w-0">
        <p className="truncate font-medium">{tool.name}</p>
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
        <RowActions tool={tool} mine={mine} onAsk={onAsk} />
      </td>
    </tr>
  );
}

function RowActions({ tool, mine, onAsk }: { tool: Tool; mine: boolean; onAsk: Ask }) {
  const t = useTranslations("tools");
  const { name } = tool;
  if (!useMayWrite()) return null;
  return (
    <div className="flex justify-end">
      <IconButton label={t("tryOf", { name })} onClick={() => onAsk("try", tool)}>
        <FlaskConical size={16} />
      </IconButton>
      {mine && (
        <>
          <IconButton label={t("editOf", { name })} onClick={() => onAsk("edit", tool)}>
            <Pencil size={16} />
          </IconButton>
          <IconButton label={t("deleteOf", { name })} onClick={() => onAsk("delete", tool)}>
            <Trash2 size={16} />
          </IconButton>
        </>
      )}
    </div>
  );
}
