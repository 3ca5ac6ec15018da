"use client";

import { ShieldQuestion, Trash2 } from "lucide-react";
import { useTranslations } from "next-intl";
import { IconButton } from "@/components/button";
import { CheckField, TextAreaField, TextField } from "@/components/field";
import { given } from "@/lib/json-object";
import { type NameProblem, sourceOf } from "./agent-tools";
import { ToolSource } from "./tool-source";
import type { AgentTool } from "./types";

const HOUR = 3_600;
const USUAL_APPROVAL = 7 * 24 * HOUR;
const LONGEST_APPROVAL_HOURS = 366 * 24;
const LONGEST_TIMEOUT = 604_800;

interface ToolCardProps {
  tool: AgentTool;
  /** The agent's own name, which it cannot call. */
  self: string | undefined;
  problem: NameProblem | null;
  open: boolean;
  onOpen: (open: boolean) => void;
  onChange: (tool: AgentTool) => void;
  onRemove: () => void;
}

/** One tool of an agent, folded to a line. */
export function ToolCard({ tool, self, problem, open, onOpen, onChange, onRemove }: ToolCardProps) {
  const t = useTranslations("agents");
  const name = tool.name || t("unnamed");
  const edit = (part: Partial<AgentTool>) => onChange(given({ ...tool, ...part }));
  return (
    <div className="rounded-md border border-line bg-surface" data-agent-tool={tool.name}>
      <div className="flex items-center gap-2 py-1 pr-1 pl-3">
        <button
          type="button"
          aria-expanded={open}
          onClick={() => onOpen(!open)}
          className="flex min-w-0 flex-1 items-center gap-2 py-1 text-left"
        >
          <code className="truncate font-medium text-[13px]">{name}</code>
          <span className="truncate text-ink-soft text-xs">{t(`sources.${sourceOf(tool)}`)}</span>
          {tool.sensitive && (
            <span className="inline-flex shrink-0 items-center gap-1 rounded bg-wait-soft px-1.5 text-wait text-xs">
              <ShieldQuestion size={12} aria-hidden />
              {t("asksFirst")}
            </span>
          )}
          {problem && !open && <span className="shrink-0 text-bad text-xs">{t(problem)}</span>}
        </button>
        <IconButton label={t("removeTool", { name })} onClick={onRemove}>
          <Trash2 size={15} />
        </IconButton>
      </div>
      {open && (
        <fieldset className="border-line border-t p-3 pb-0">
          <legend className="sr-only">{t("toolOf", { name })}</legend>
          <ToolSource tool={tool} self={self} onChange={(next) => onChange(given(next))} />
          <TextField
            label={t("toolName")}
            hint={t("toolNameHint")}
            error={problem ? t(problem) : undefined}
            required
            maxLength={64}
            className="font-mono"
            value={tool.name}
            onChange={(event) => edit({ name: event.target.value })}
          />
          <TextAreaField
            label={t("toolDescription")}
            hint={t("toolDescriptionHint")}
            rows={2}
            maxLength={4_096}
            value={tool.description ?? ""}
            onChange={(event) => edit({ description: event.target.value || undefined })}
          />
          <Limits tool={tool} onChange={edit} />
        </fieldset>
      )}
    </div>
  );
}

interface LimitsProps {
  tool: AgentTool;
  onChange: (part: Partial<AgentTool>) => void;
}

function Limits({ tool, onChange }: LimitsProps) {
  const t = useTranslations("agents");
  const hours = (tool.approval_seconds ?? USUAL_APPROVAL) / HOUR;
  return (
    <>
      <CheckField
        label={<span className="font-medium text-[13px]">{t("sensitive")}</span>}
        hint={t("sensitiveHint")}
        checked={tool.sensitive ?? false}
        onChange={(sensitive) => onChange({ sensitive: sensitive || undefined })}
      />
      <div className="grid gap-x-3 sm:grid-cols-2">
        {tool.sensitive && (
          <TextField
            label={t("approvalHours")}
            hint={t("approvalHint")}
            type="number"
            min={0.01}
            max={LONGEST_APPROVAL_HOURS}
            step="any"
            required
            value={Number(hours.toFixed(4))}
            onChange={({ target: { value } }) =>
              onChange({ approval_seconds: value === "" ? undefined : Number(value) * HOUR })
            }
          />
        )}
        <TextField
          label={t("toolTimeout")}
          type="number"
          min={1}
          max={LONGEST_TIMEOUT}
          step="any"
          placeholder="300"
          value={tool.timeout_seconds ?? ""}
          onChange={({ target: { value } }) =>
            onChange({ timeout_seconds: value === "" ? undefined : Number(value) })
          }
        />
      </div>
    </>
  );
}
