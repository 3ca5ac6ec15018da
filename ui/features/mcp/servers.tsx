"use client";

import { Plus, RefreshCw, Trash2 } from "lucide-react";
import Link from "next/link";
import { useRouter } from "next/navigation";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { Button, IconButton } from "@/components/button";
import { RoomTabs } from "@/components/room-tabs";
import { Empty, Loaded } from "@/components/states";
import { Table } from "@/components/table";
import { UsedBy } from "@/components/used-by";
import { When } from "@/components/when";
import { useMayWrite } from "@/features/auth";
import { Page } from "@/features/shell";
import { useMayTrust, useRefresh } from "./actions";
import { type Server, useServers } from "./api";
import { Delete } from "./delete";
import { ServerForm } from "./server-form";
import { StateOfServer } from "./state-badge";

export function pathOf({ id }: Server): string {
  return `/tools/mcp/view?id=${encodeURIComponent(id)}`;
}

/** The servers that graphs can call. */
export function Servers() {
  const t = useTranslations("mcp");
  const tools = useTranslations("tools");
  const mayWrite = useMayWrite();
  const router = useRouter();
  const query = useServers();
  const [adding, setAdding] = useState(false);
  const [doomed, setDoomed] = useState<Server | null>(null);
  const [refused, setRefused] = useState<unknown>(null);
  const add = mayWrite && (
    <Button look="primary" onClick={() => setAdding(true)}>
      <Plus size={16} aria-hidden />
      {t("add")}
    </Button>
  );
  return (
    <Page title={t("title")} lead={t("lead")} actions={add}>
      <RoomTabs
        label={tools("rooms")}
        tabs={[
          { href: "/tools", name: tools("title") },
          { href: "/tools/mcp", name: t("title") },
        ]}
      />
      {refused !== null && <UsedBy error={refused} />}
      <Loaded query={query}>
        {(servers) =>
          servers.length > 0 ? (
            <List
              servers={servers}
              onDelete={(server) => {
                setRefused(null);
                setDoomed(server);
              }}
            />
          ) : (
            <Empty title={t("empty")}>{t("emptyHint")}</Empty>
          )
        }
      </Loaded>
      {adding && (
        <ServerForm
          server={null}
          onClose={() => setAdding(false)}
          onSaved={(server) => router.push(pathOf(server))}
        />
      )}
      {doomed && <Delete server={doomed} onClose={() => setDoomed(null)} onRefused={setRefused} />}
    </Page>
  );
}

interface ListProps {
  servers: Server[];
  onDelete: (server: Server) => void;
}

function List({ servers, onDelete }: ListProps) {
  const t = useTranslations("mcp");
  const head = [t("name"), t("transport"), t("stateOf"), t("refreshedAt")];
  return (
    <Table label={t("title")} head={head} actions={t("actions")}>
      {servers.map((server) => (
        <Row key={server.id} server={server} onDelete={() => onDelete(server)} />
      ))}
    </Table>
  );
}

function Row({ server, onDelete }: { server: Server; onDelete: () => void }) {
  const t = useTranslations("mcp");
  return (
    <tr>
      <td className="min-w-40">
        <Link href={pathOf(server)} className="font-medium text-accent hover:underline">
          {server.name}
        </Link>
        {server.operator && (
          <span className="ml-2 rounded bg-sunken px-1.5 text-ink-soft text-xs">
            {t("ofOperator")}
          </span>
        )}
        {server.description && (
          <p className="line-clamp-1 text-ink-soft text-xs">{server.description}</p>
        )}
      </td>
      <td>
        {t(`transports.${server.transport}`)}
        {server.url && (
          <code className="block max-w-64 truncate text-ink-soft text-xs">{server.url}</code>
        )}
      </td>
      <td className="min-w-40 max-w-80">
        <StateOfServer server={server} />
      </td>
      <td>
        <When at={server.refreshed_at} />
      </td>
      <td>
        <RowActions server={server} onDelete={onDelete} />
      </td>
    </tr>
  );
}

function RowActions({ server, onDelete }: { server: Server; onDelete: () => void }) {
  const t = useTranslations("mcp");
  const refresh = useRefresh(server);
  const mayTrust = useMayTrust(server);
  if (!mayTrust) return null;
  const { name } = server;
  return (
    <div className="flex justify-end">
      <IconButton
        label={t("refreshOf", { name })}
        disabled={refresh.isPending}
        aria-busy={refresh.isPending || undefined}
        onClick={() => refresh.mutate()}
      >
        <RefreshCw size={16} className={refresh.isPending ? "animate-spin" : ""} />
      </IconButton>
      {!server.operator && (
        <IconButton label={t("deleteOf", { name })} onClick={onDelete}>
          <Trash2 size={16} />
        </IconButton>
      )}
    </div>
  );
}
