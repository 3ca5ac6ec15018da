import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Bot } from "lucide-react";
import Link from "next/link";
import { useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { Button } from "@/components/button";
import { Field, SelectField } from "@/components/field";
import { Failure } from "@/components/states";
import { say } from "@/components/toasts";
import {
  AGENTS,
  AnswerPart,
  BudgetPart,
  ModelPart,
  readSettings,
  type Settings,
  saveAgent,
  ToolsPart,
  useAgentChoices,
} from "@/features/agents";
import { ExpressionField, ToolScope } from "@/features/forms";
import { type GraphNode, type JsonObject, title } from "@/features/graph";
import { starter } from "../starters";
import { editNode } from "../store";

interface AgentProps {
  id: string;
  node: GraphNode;
}

/** A registered agent by name, or one of the node's own; and what it is to do. */
export function AgentConfiguration({ id, node }: AgentProps) {
  return (
    <>
      <AgentPicker id={id} node={node} />
      {node.agent ? <RegisteredPrompt id={id} node={node} /> : <OwnAgent id={id} node={node} />}
    </>
  );
}

function AgentPicker({ id, node }: AgentProps) {
  const t = useTranslations("agents.node");
  const agents = useAgentChoices();
  const names = new Set([...agents.map(({ name }) => name), ...(node.agent ? [node.agent] : [])]);
  const stored = agents.find(({ name }) => name === node.agent);
  function choose(name: string): void {
    const prompt = promptOf(node);
    if (name) editNode(id, { agent: name, config: null, inputs: { ...node.inputs, prompt } });
    else editNode(id, { agent: null, config: { ...starter("agent"), prompt }, inputs: undefined });
  }
  return (
    <>
      <SelectField
        label={t("which")}
        hint={node.agent ? t("hint") : undefined}
        value={node.agent ?? ""}
        onChange={(event) => choose(event.target.value)}
      >
        <option value="">{t("inline")}</option>
        <optgroup label={t("registered")}>
          {[...names].map((name) => (
            <option key={name}>{name}</option>
          ))}
        </optgroup>
      </SelectField>
      {stored && (
        <p className="mb-3 text-xs">
          <Link
            href={`/agents/edit?id=${encodeURIComponent(stored.id)}`}
            className="text-accent underline"
          >
            {t("edit")}
          </Link>
        </p>
      )}
    </>
  );
}

/** What the agent is to do, wherever the node holds it. */
function promptOf(node: GraphNode): string {
  return String(node.config?.prompt ?? node.inputs?.prompt ?? "");
}

interface PromptProps {
  value: string;
  onChange: (value: string) => void;
}

function Prompt({ value, onChange }: PromptProps) {
  const t = useTranslations("agents.node");
  return (
    <Field label={t("prompt")} required hint={t("promptHint")}>
      {() => <ExpressionField label={t("prompt")} tall value={value} onChange={onChange} />}
    </Field>
  );
}

function RegisteredPrompt({ id, node }: AgentProps) {
  return (
    <Prompt
      value={promptOf(node)}
      onChange={(prompt) => editNode(id, { inputs: { ...node.inputs, prompt } }, "inputs")}
    />
  );
}

function OwnAgent({ id, node }: AgentProps) {
  const t = useTranslations("agents.node");
  const { prompt, ...rest } = node.config ?? {};
  const settings: Settings = { provider: "openai", model: "", ...rest };
  const edit = (next: Settings) =>
    editNode(
      id,
      { config: { ...(next as unknown as JsonObject), prompt: prompt ?? "" } },
      "config",
    );
  const part = { settings, onChange: edit };
  return (
    <>
      <Prompt
        value={promptOf(node)}
        onChange={(next) => editNode(id, { config: { ...node.config, prompt: next } }, "config")}
      />
      <ToolScope>
        <Part name={t("model")} open>
          <ModelPart {...part} />
        </Part>
        <Part name={`${t("tools")} ${settings.tools?.length ?? 0}`}>
          <ToolsPart {...part} />
        </Part>
        <Part name={t("answers")}>
          <AnswerPart {...part} />
        </Part>
        <Part name={t("budgets")}>
          <BudgetPart {...part} />
        </Part>
      </ToolScope>
      <SaveAsOwn id={id} node={node} settings={settings} />
    </>
  );
}

function Part({ name, open, children }: { name: string; open?: boolean; children: ReactNode }) {
  return (
    <details open={open} className="mb-2 border-line border-t pt-2">
      <summary className="mb-2 cursor-pointer font-medium text-[13px]">{name}</summary>
      {children}
    </details>
  );
}

/** Registers the node's agent, and lets the node name it. */
function SaveAsOwn({ id, node, settings }: AgentProps & { settings: Settings }) {
  const t = useTranslations("agents.node");
  const agents = useTranslations("agents");
  const queries = useQueryClient();
  const saving = useMutation({
    mutationFn: () =>
      saveAgent(null, {
        name: title(node),
        description: null,
        config: readSettings(settings as unknown as JsonObject),
        is_public: false,
      }),
    onSuccess: async ({ name }) => {
      editNode(id, { agent: name, config: null, inputs: { prompt: promptOf(node) } });
      say(agents("saved", { name }));
      await queries.invalidateQueries({ queryKey: AGENTS });
    },
  });
  return (
    <div className="border-line border-t pt-3">
      <Button busy={saving.isPending} disabled={!settings.model} onClick={() => saving.mutate()}>
        <Bot size={14} aria-hidden />
        {t("save")}
      </Button>
      <p className="mt-1 text-ink-soft text-xs">{t("saveHint")}</p>
      {saving.error && (
        <div className="mt-2">
          <Failure error={saving.error} />
        </div>
      )}
    </div>
  );
}
