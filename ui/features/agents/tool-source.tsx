"use client";

import { useQuery } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { Button } from "@/components/button";
import { Field, Select } from "@/components/field";
import { guessedInputs, KINDS, KindEditor } from "@/features/editors";
import { type Schema, SchemaEditor, ToolScope } from "@/features/forms";
import type { JsonObject } from "@/features/graph";
import { serverNamed, useServers, useServerTools } from "@/features/mcp";
import { api, need } from "@/lib/api/client";
import { given } from "@/lib/json-object";
import { chosen } from "./agent-tools";
import { useAgentChoices } from "./api";
import type { AgentTool } from "./types";

const MOST_NAMES = 100;

interface ToolSourceProps {
  tool: AgentTool;
  self: string | undefined;
  onChange: (tool: AgentTool) => void;
}

/** What runs when the model calls it. */
export function ToolSource({ tool, self, onChange }: ToolSourceProps) {
  if (tool.config?.kind === "mcp") return <McpSource tool={tool} onChange={onChange} />;
  if (tool.config) return <OwnSource tool={tool} onChange={onChange} />;
  if (tool.workflow !== undefined) return <WorkflowSource tool={tool} onChange={onChange} />;
  if (tool.agent !== undefined) return <AgentSource tool={tool} self={self} onChange={onChange} />;
  return <RegisteredSource tool={tool} onChange={onChange} />;
}

interface SourceProps {
  tool: AgentTool;
  onChange: (tool: AgentTool) => void;
}

function RegisteredSource({ tool, onChange }: SourceProps) {
  const t = useTranslations("agents");
  const { data } = useQuery({
    queryKey: ["tools", "palette"],
    queryFn: () => need(api.GET("/api/v1/tools", { params: { query: { limit: MOST_NAMES } } })),
  });
  return (
    <Choice
      label={t("sources.tool")}
      hint={t("registeredHint")}
      value={tool.tool ?? ""}
      names={(data?.items ?? []).map(({ name }) => name)}
      onChange={(name) => onChange(chosen(tool, { tool: name }, name))}
    />
  );
}

function WorkflowSource({ tool, onChange }: SourceProps) {
  const t = useTranslations("agents");
  const { data } = useQuery({
    queryKey: ["workflows", "published"],
    queryFn: () =>
      need(
        api.GET("/api/v1/workflows", {
          params: { query: { published: true, limit: MOST_NAMES, sort: "name" } },
        }),
      ),
  });
  return (
    <Choice
      label={t("sources.workflow")}
      hint={t("workflowHint")}
      value={tool.workflow ?? ""}
      names={(data?.items ?? []).map(({ name }) => name)}
      onChange={(name) => onChange(chosen(tool, { workflow: name }, name))}
    />
  );
}

function AgentSource({ tool, self, onChange }: ToolSourceProps) {
  const t = useTranslations("agents");
  const agents = useAgentChoices();
  return (
    <Choice
      label={t("sources.agent")}
      hint={t("agentHint")}
      value={tool.agent ?? ""}
      names={agents.map(({ name }) => name).filter((name) => name !== self)}
      onChange={(name) => onChange(chosen(tool, { agent: name }, name))}
    />
  );
}

interface ChoiceProps {
  label: string;
  hint: string;
  value: string;
  names: string[];
  onChange: (name: string) => void;
}

/** One of several names; what is chosen stays though nobody offers it any more. */
function Choice({ label, hint, value, names, onChange }: ChoiceProps) {
  return (
    <Field label={label} required hint={hint}>
      {({ id, describedBy }) => (
        <Select
          id={id}
          aria-describedby={describedBy}
          value={value}
          onChange={(event) => onChange(event.target.value)}
        >
          {!names.includes(value) && <option value={value}>{value || "—"}</option>}
          {names.map((name) => (
            <option key={name}>{name}</option>
          ))}
        </Select>
      )}
    </Field>
  );
}

/** A tool of a server, with the schema that was approved. */
function McpSource({ tool, onChange }: SourceProps) {
  const config = tool.config ?? {};
  const servers = useServers();
  const server = serverNamed(servers.data ?? [], String(config.server ?? ""));
  const offered = useServerTools(server?.id ?? "");
  function choose(next: JsonObject): void {
    const found = offered.data?.find(({ name }) => name === next.tool);
    if (!found || next.tool === config.tool) {
      onChange({ ...tool, config: next });
      return;
    }
    const pinned = {
      config: next,
      input_schema: found.input_schema as JsonObject,
      description: found.description ?? tool.description,
    };
    onChange(chosen(tool, pinned as Partial<AgentTool>, found.name));
  }
  return (
    <KindEditor
      kind="mcp"
      compact
      value={config}
      input={{
        schema: tool.input_schema ?? null,
        onTake: (input_schema) => onChange({ ...tool, input_schema }),
      }}
      onChange={choose}
    />
  );
}

/** A tool that only this agent has. */
function OwnSource({ tool, onChange }: SourceProps) {
  const t = useTranslations("agents");
  const config = tool.config ?? {};
  const kind = KINDS.find((each) => each === config.kind) ?? "http";
  const schema = tool.input_schema;
  // The editor of Python offers its own.
  const guessed = schema || kind === "python" ? null : guessedInputs(config);
  const names = Object.keys((schema as Schema | undefined)?.properties ?? {});
  return (
    <>
      <ToolScope inputs={Object.fromEntries(names.map((name) => [name, ""]))}>
        <KindEditor
          kind={kind}
          compact
          value={config}
          input={{
            schema: schema ?? null,
            onTake: (input_schema) => onChange({ ...tool, input_schema }),
          }}
          onChange={(next) => onChange({ ...tool, config: { ...next, kind } })}
        />
      </ToolScope>
      <fieldset className="mb-3 rounded-md border border-line p-3">
        <legend className="px-1 font-medium text-[13px]">{t("toolInputs")}</legend>
        <p className="mb-2 text-ink-soft text-xs">{t("toolInputsHint")}</p>
        {guessed && (
          <Button
            className="mb-2"
            onClick={() => onChange({ ...tool, input_schema: guessed as unknown as JsonObject })}
          >
            {t("takeGuessed", { names: Object.keys(guessed.properties ?? {}).join(", ") })}
          </Button>
        )}
        <SchemaEditor
          value={schema}
          onChange={(next) =>
            onChange(given({ ...tool, input_schema: next }) as unknown as AgentTool)
          }
        />
      </fieldset>
    </>
  );
}
