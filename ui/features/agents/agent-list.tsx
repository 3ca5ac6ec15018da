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
import type { Agent } from "./api";

interface AgentListProps {
  agents: Agent[];
  onDelete: (agent: Agent) => void;
}

export function AgentList({ agents, onDelete }: AgentListProps) {
  const t = useTranslations("agents");
  const head = [
    t("name"),
    t("model"),
    t("tools"),
    t("shared"),
    t("updated"),
    <span key="actions" className="sr-only">
      {t("actions")}
    </span>,
  ];
  return (
    <Table label={t("title")} head={head}>
      {agents.map((agent) => (
        <Row key={agent.id} agent={agent} onDelete={() => onDelete(agent)} />
      ))}
    </Table>
  );
}

interface RowProps {
  agent: Agent;
  onDelete: () => void;
}

function Row({ agent, onDelete }: RowProps) {
  const t = useTranslations("agents");
  const me = useSession((state) => state.user?.id);
  const mine = agent.owner_id === me;
  return (
    <tr>
      <td className="w-full max-w-0">
        <Link
          href={`/agents/edit?id=${encodeURIComponent(agent.id)}`}
          className="block truncate font-medium text-accent hover:underline"
        >
          {agent.name}
        </Link>
        {agent.description && <p className="truncate text-ink-soft text-xs">{agent.description}</p>}
      </td>
      <td className="whitespace-nowrap">
        {agent.config.model}
        <span className="block text-ink-soft text-xs">
          {t(`providers.${agent.config.provider}`)}
        </span>
      </td>
      <td className="tabular-nums">{agent.config.tools?.length ?? 0}</td>
      <td className="whitespace-nowrap text-ink-soft">
        {mine ? t(agent.is_public ? "withAll" : "withNobody") : t("byOthers")}
      </td>
      <td>
        <When at={agent.updated_at} />
      </td>
      <td>
        <RowActions agent={agent} mine={mine} onDelete={onDelete} />
      </td>
    </tr>
  );
}

function RowActions({ agent, mine, onDelete }: RowProps & { mine: boolean }) {
  const t = useTranslations("agents");
  const router = useRouter();
  const { id, name } = agent;
  if (!useMayWrite()) return null;
  return (
    <div className="flex justify-end">
      <IconButton
        label={t("copyOf", { name })}
        onClick={() => router.push(`/agents/edit?copy=${encodeURIComponent(id)}`)}
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
