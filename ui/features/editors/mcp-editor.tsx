"use client";

import Link from "next/link";
import { useTranslations } from "next-intl";
import { Field, Select } from "@/components/field";
import { Failure, Loading } from "@/components/states";
import type { Schema } from "@/features/forms";
import type { JsonObject } from "@/features/graph";
import {
  reachable,
  SchemaTable,
  type Server,
  type ServerTool,
  serverNamed,
  useServers,
  useServerTools,
} from "@/features/mcp";
import type { EditorProps, InputSchema } from "./editor";
import { SchemaOffer } from "./schema-offer";

/** A server, and one of its tools that somebody approved. */
export function McpEditor({ value, onChange, input }: EditorProps) {
  const t = useTranslations("editors");
  const servers = useServers();
  if (servers.error) return <Failure error={servers.error} retry={() => void servers.refetch()} />;
  if (!servers.data) return <Loading />;
  const name = String(value.server ?? "");
  const found = serverNamed(servers.data, name);
  const names = reachable(servers.data).map((each) => each.name);
  return (
    <>
      <Field
        label={t("mcp.server")}
        required
        error={name && !found ? t("mcp.noServer", { name }) : undefined}
        hint={servers.data.length === 0 ? t("mcp.noServers") : undefined}
      >
        {({ id, describedBy }) => (
          <Select
            id={id}
            aria-describedby={describedBy}
            value={name}
            onChange={(event) => onChange({ kind: "mcp", server: event.target.value, tool: "" })}
          >
            {(name === "" || !found) && <option value={name}>{name || "—"}</option>}
            {names.map((each) => (
              <option key={each}>{each}</option>
            ))}
          </Select>
        )}
      </Field>
      {found && (
        <ToolChoice key={found.id} server={found} value={value} onChange={onChange} input={input} />
      )}
      <p className="mb-3 text-xs">
        <Link href="/tools/mcp" className="text-accent underline">
          {t("mcp.toServers")}
        </Link>
      </p>
    </>
  );
}

function ToolChoice({ server, value, onChange, input }: EditorProps & { server: Server }) {
  const t = useTranslations("editors");
  const tools = useServerTools(server.id);
  if (tools.error) return <Failure error={tools.error} retry={() => void tools.refetch()} />;
  if (!tools.data) return <Loading />;
  const name = String(value.tool ?? "");
  const chosen = tools.data.find((each) => each.name === name);
  const approved = tools.data.filter((each) => each.state === "approved");
  return (
    <>
      <Field
        label={t("mcp.tool")}
        required
        error={problemOf(t, name, chosen)}
        hint={approved.length === 0 ? t("mcp.noneApproved") : undefined}
      >
        {({ id, describedBy }) => (
          <Select
            id={id}
            aria-describedby={describedBy}
            value={name}
            onChange={(event) => onChange({ ...value, tool: event.target.value })}
          >
            {chosen?.state !== "approved" && <option value={name}>{name || "—"}</option>}
            {approved.map((each) => (
              <option key={each.name} value={each.name}>
                {each.title ? `${each.title} (${each.name})` : each.name}
              </option>
            ))}
          </Select>
        )}
      </Field>
      {chosen && <About tool={chosen} input={input} />}
    </>
  );
}

function problemOf(
  t: ReturnType<typeof useTranslations<"editors">>,
  name: string,
  tool: ServerTool | undefined,
): string | undefined {
  if (!name) return undefined;
  if (!tool) return t("mcp.noTool", { name });
  return tool.state === "approved" ? undefined : t(`mcp.${tool.state}`);
}

function About({ tool, input }: { tool: ServerTool; input: InputSchema | undefined }) {
  const t = useTranslations("editors");
  const schema = tool.input_schema as JsonObject;
  return (
    <>
      {tool.description && (
        <p className="mb-3 max-h-40 overflow-auto whitespace-pre-wrap break-words text-ink-soft text-xs">
          {tool.description}
        </p>
      )}
      {input && (
        <SchemaOffer offered={schema} input={input}>
          {t("mcp.offer")}
        </SchemaOffer>
      )}
      <div className="mb-3">
        <SchemaTable
          label={t("mcp.inputOf", { name: tool.name })}
          schema={schema as unknown as Schema}
        />
      </div>
    </>
  );
}
