"use client";

import { Pencil, RefreshCw, ShieldCheck, Trash2 } from "lucide-react";
import { useRouter, useSearchParams } from "next/navigation";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { Button, ButtonLink } from "@/components/button";
import { Empty, Loaded } from "@/components/states";
import { UsedBy } from "@/components/used-by";
import { When } from "@/components/when";
import { Page } from "@/features/shell";
import { useMayTrust, useRefresh } from "./actions";
import { type Server, type ServerTool, useServer, useServerTools } from "./api";
import { Approve } from "./approve";
import { Delete } from "./delete";
import { ServerForm } from "./server-form";
import { unapproved } from "./state";
import { StateOfServer } from "./state-badge";
import { ToolCard } from "./tool-card";
import { TryTool } from "./try-tool";

/** One server and its tools, given by `?id=`. */
export function ServerView() {
  const t = useTranslations("mcp");
  const id = useSearchParams().get("id") ?? "";
  const query = useServer(id);
  if (!id)
    return (
      <Page title={t("title")}>
        <Empty title={t("noServer")} />
      </Page>
    );
  if (query.data) return <Room key={id} server={query.data} />;
  return (
    <Page title={t("title")}>
      <Loaded query={query}>{() => null}</Loaded>
    </Page>
  );
}

type Asked =
  | { what: "edit" | "delete" }
  | { what: "approve" | "revoke"; tools: ServerTool[] }
  | { what: "try"; tool: ServerTool };

function Room({ server }: { server: Server }) {
  const t = useTranslations("mcp");
  const [asked, setAsked] = useState<Asked | null>(null);
  const [refused, setRefused] = useState<unknown>(null);
  const tools = useServerTools(server.id);
  const waiting = unapproved(tools.data ?? []);
  return (
    <Page
      title={server.name}
      lead={server.description ?? t("viewLead")}
      actions={<Actions server={server} waiting={waiting} onAsk={setAsked} />}
    >
      {refused !== null && <UsedBy error={refused} />}
      <Facts server={server} />
      <section aria-labelledby="tools-of-server" className="mt-6">
        <h2 id="tools-of-server" className="mb-1 font-semibold text-base">
          {t("tools")}
        </h2>
        <p className="mb-3 text-ink-soft">{t("toolsLead")}</p>
        <Loaded query={tools}>
          {(found) =>
            found.length > 0 ? (
              <ul className="space-y-3">
                {found.map((tool) => (
                  <ToolCard
                    key={tool.name}
                    server={server}
                    tool={tool}
                    onApprove={() => setAsked({ what: "approve", tools: [tool] })}
                    onRevoke={() => setAsked({ what: "revoke", tools: [tool] })}
                    onTry={() => setAsked({ what: "try", tool })}
                  />
                ))}
              </ul>
            ) : (
              <Empty title={t("noTools")}>{t("noToolsHint")}</Empty>
            )
          }
        </Loaded>
      </section>
      <Asking server={server} asked={asked} onClose={() => setAsked(null)} onRefused={setRefused} />
    </Page>
  );
}

interface ActionsProps {
  server: Server;
  waiting: ServerTool[];
  onAsk: (asked: Asked) => void;
}

function Actions({ server, waiting, onAsk }: ActionsProps) {
  const t = useTranslations("mcp");
  const common = useTranslations("common");
  const refresh = useRefresh(server);
  const mayTrust = useMayTrust(server);
  return (
    <>
      <ButtonLink href="/tools/mcp">{t("all")}</ButtonLink>
      {mayTrust && !server.operator && (
        <>
          <Button onClick={() => onAsk({ what: "edit" })}>
            <Pencil size={15} aria-hidden />
            {t("edit")}
          </Button>
          <Button look="danger" onClick={() => onAsk({ what: "delete" })}>
            <Trash2 size={15} aria-hidden />
            {common("delete")}
          </Button>
        </>
      )}
      {mayTrust && waiting.length > 0 && (
        <Button onClick={() => onAsk({ what: "approve", tools: waiting })}>
          <ShieldCheck size={15} aria-hidden />
          {t("approveAll", { count: waiting.length })}
        </Button>
      )}
      {mayTrust && (
        <Button look="primary" busy={refresh.isPending} onClick={() => refresh.mutate()}>
          {!refresh.isPending && <RefreshCw size={15} aria-hidden />}
          {t("refresh")}
        </Button>
      )}
    </>
  );
}

function Facts({ server }: { server: Server }) {
  const t = useTranslations("mcp");
  const headers = Object.entries(server.headers);
  const facts = [
    { name: t("stateOf"), value: <StateOfServer server={server} /> },
    { name: t("refreshedAt"), value: <When at={server.refreshed_at} /> },
    { name: t("owner"), value: t(server.operator ? "ofOperator" : "yours") },
    {
      name: t("transport"),
      value: (
        <>
          {t(`transports.${server.transport}`)}
          {server.url && <code className="block break-all text-xs">{server.url}</code>}
          {server.operator && (
            <span className="block text-ink-soft text-xs">{t("operatorHint")}</span>
          )}
        </>
      ),
    },
    ...(headers.length > 0
      ? [
          {
            name: t("headers"),
            value: headers.map(([name, value]) => (
              <code key={name} className="block break-all text-xs">
                {name}: {value}
              </code>
            )),
          },
        ]
      : []),
  ];
  return (
    <dl className="grid gap-4 rounded-lg border border-line bg-surface p-4 sm:grid-cols-2 lg:grid-cols-4">
      {facts.map((fact) => (
        <div key={fact.name} className="min-w-0">
          <dt className="text-ink-soft text-xs">{fact.name}</dt>
          <dd className="mt-0.5 break-words">{fact.value}</dd>
        </div>
      ))}
    </dl>
  );
}

interface AskingProps {
  server: Server;
  asked: Asked | null;
  onClose: () => void;
  onRefused: (error: unknown) => void;
}

function Asking({ server, asked, onClose, onRefused }: AskingProps) {
  const router = useRouter();
  switch (asked?.what) {
    case "edit":
      return <ServerForm server={server} onClose={onClose} onSaved={() => onRefused(null)} />;
    case "delete":
      return (
        <Delete
          server={server}
          onClose={onClose}
          onRefused={onRefused}
          onDone={() => router.push("/tools/mcp")}
        />
      );
    case "approve":
    case "revoke":
      return (
        <Approve
          server={server}
          tools={asked.tools}
          approved={asked.what === "approve"}
          onClose={onClose}
        />
      );
    case "try":
      return <TryTool server={server} tool={asked.tool} onClose={onClose} />;
    default:
      return null;
  }
}
