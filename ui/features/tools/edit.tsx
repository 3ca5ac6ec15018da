"use client";

import { serverNamed, useServers, useServerTools } from "@/features/mcp";
import { Opened, type RoomProps, useAsked, Waiting } from "@/features/registry";
import { useCatalog } from "@/lib/api/catalog";
import { KINDS, type Tool } from "./api";
import { builtinDraft, type Draft, emptyDraft, mcpDraft } from "./draft";
import { REGISTRY } from "./registry";
import { Room } from "./room";

/** The room of one tool: a stored one by `?id=`, a new one by its kind or by what it is made of. */
export function ToolEdit() {
  const parameters = ["id", "copy", "builtin", "server", "tool", "kind"];
  const [asked, keep] = useAsked("tools", parameters);
  return <Asked key={asked} asked={new URLSearchParams(asked)} onMade={keep} />;
}

type MadeProps = Pick<RoomProps<Tool, Draft>, "onMade">;

function Asked({ asked, onMade }: MadeProps & { asked: URLSearchParams }) {
  const id = asked.get("id");
  const known = id || asked.get("copy");
  const builtin = asked.get("builtin");
  const server = asked.get("server");
  const tool = asked.get("tool");
  if (known)
    return (
      <Opened registry={REGISTRY} id={known} copied={!id}>
        {(stored, first) => <Room stored={stored} first={first} onMade={onMade} />}
      </Opened>
    );
  if (builtin) return <OfBuiltin name={builtin} onMade={onMade} />;
  if (server && tool) return <OfMcp server={server} tool={tool} onMade={onMade} />;
  const kind = KINDS.find((each) => each === asked.get("kind")) ?? "http";
  return <Room stored={null} first={emptyDraft(kind)} onMade={onMade} />;
}

function OfBuiltin({ name, onMade }: MadeProps & { name: string }) {
  const query = useCatalog();
  if (!query.data) return <Waiting name="tools" query={query} />;
  const found = query.data.builtins.find((each) => each.name === name);
  const first = found ? builtinDraft(found) : emptyDraft("builtin");
  return <Room stored={null} first={first} onMade={onMade} />;
}

function OfMcp({ server, tool, onMade }: MadeProps & { server: string; tool: string }) {
  const servers = useServers();
  const named = serverNamed(servers.data ?? [], server);
  const tools = useServerTools(named?.id ?? "");
  const offered = tools.data?.find((each) => each.name === tool) ?? null;
  const missing = { name: tool, description: null, input_schema: {} };
  const known = servers.data && (!named || tools.data);
  if (!known) return <Waiting name="tools" query={servers.error ? servers : tools} />;
  return <Room stored={null} first={mcpDraft(server, offered ?? missing)} onMade={onMade} />;
}
