"use client";

import { useSearchParams } from "next/navigation";
import { useTranslations } from "next-intl";
import { type ReactNode, useState } from "react";
import { Loaded } from "@/components/states";
import { serverNamed, useServers, useServerTools } from "@/features/mcp";
import { Page } from "@/features/shell";
import { useCatalog } from "@/lib/api/catalog";
import { KINDS, type Tool, useTool } from "./api";
import { builtinDraft, copyOf, draftOf, emptyDraft, mcpDraft } from "./draft";
import { Room } from "./room";

/** The room of one tool: a stored one by `?id=`, a new one by its kind or by what it is made of. */
export function ToolEdit() {
  const params = useSearchParams();
  const [made, setMade] = useState<{ id: string; asked: string } | null>(null);
  // A new tool that was just saved is the same room under another address.
  const asked = made && made.id === params.get("id") ? made.asked : params.toString();
  function take(tool: Tool): void {
    setMade({ id: tool.id, asked });
    window.history.replaceState(null, "", `/tools/edit?id=${encodeURIComponent(tool.id)}`);
  }
  return <Opened key={asked} asked={new URLSearchParams(asked)} onMade={take} />;
}

interface OpenedProps {
  asked: URLSearchParams;
  onMade: (tool: Tool) => void;
}

function Opened({ asked, onMade }: OpenedProps) {
  const id = asked.get("id");
  const copy = asked.get("copy");
  const builtin = asked.get("builtin");
  const server = asked.get("server");
  const tool = asked.get("tool");
  if (id) return <Stored id={id} onMade={onMade} />;
  if (copy) return <Copy id={copy} onMade={onMade} />;
  if (builtin) return <OfBuiltin name={builtin} onMade={onMade} />;
  if (server && tool) return <OfMcp server={server} tool={tool} onMade={onMade} />;
  const kind = KINDS.find((each) => each === asked.get("kind")) ?? "http";
  return <Room tool={null} first={emptyDraft(kind)} onMade={onMade} />;
}

interface MadeProps {
  onMade: (tool: Tool) => void;
}

function Stored({ id, onMade }: MadeProps & { id: string }) {
  const query = useTool(id);
  if (query.data) return <Room tool={query.data} first={draftOf(query.data)} onMade={onMade} />;
  return (
    <Waiting>
      <Loaded query={query}>{() => null}</Loaded>
    </Waiting>
  );
}

function Copy({ id, onMade }: MadeProps & { id: string }) {
  const query = useTool(id);
  if (query.data) return <Room tool={null} first={copyOf(query.data)} onMade={onMade} />;
  return (
    <Waiting>
      <Loaded query={query}>{() => null}</Loaded>
    </Waiting>
  );
}

function OfBuiltin({ name, onMade }: MadeProps & { name: string }) {
  const query = useCatalog();
  const found = query.data?.builtins.find((each) => each.name === name);
  if (found) return <Room tool={null} first={builtinDraft(found)} onMade={onMade} />;
  if (query.data) return <Room tool={null} first={emptyDraft("builtin")} onMade={onMade} />;
  return (
    <Waiting>
      <Loaded query={query}>{() => null}</Loaded>
    </Waiting>
  );
}

function OfMcp({ server, tool, onMade }: MadeProps & { server: string; tool: string }) {
  const servers = useServers();
  const named = serverNamed(servers.data ?? [], server);
  const tools = useServerTools(named?.id ?? "");
  const offered = tools.data?.find((each) => each.name === tool) ?? null;
  const missing = { name: tool, description: null, input_schema: {} };
  const known = servers.data && (!named || tools.data);
  if (known)
    return <Room tool={null} first={mcpDraft(server, offered ?? missing)} onMade={onMade} />;
  return (
    <Waiting>
      {servers.error ? (
        <Loaded query={servers}>{() => null}</Loaded>
      ) : (
        <Loaded query={tools}>{() => null}</Loaded>
      )}
    </Waiting>
  );
}

/** The room while what is asked for is not there, or why it does not come. */
function Waiting({ children }: { children: ReactNode }) {
  const t = useTranslations("tools");
  return <Page title={t("title")}>{children}</Page>;
}
