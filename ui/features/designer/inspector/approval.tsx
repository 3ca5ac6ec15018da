import { Plus, X } from "lucide-react";
import { useTranslations } from "next-intl";
import { type KeyboardEvent, useState } from "react";
import { Button } from "@/components/button";
import { Field, Input, TextField } from "@/components/field";
import { ROLE_ASSIGNEES, useAssigneeName } from "@/features/approvals";
import { type Schema, SchemaForm } from "@/features/forms";
import type { GraphNode, Json, JsonObject } from "@/features/graph";
import { useFieldWords } from "@/lib/i18n/catalog-words";
import { editNode } from "../store";
import { DurationField } from "./duration-field";

const OWN_FIELDS = new Set(["assignees", "required", "reminder_seconds", "approval_seconds"]);
const USUAL_SECONDS = 7 * 86_400;
const MOST = 50;

interface ApprovalProps {
  id: string;
  node: GraphNode;
  schema: Schema;
}

/** What people are asked, who they are, and for how long. */
export function ApprovalConfiguration({ id, node, schema }: ApprovalProps) {
  const t = useTranslations("approvals.node");
  const labels = useFieldWords();
  const config = node.config ?? {};
  const edit = (next: JsonObject) => editNode(id, { config: next }, "config");
  function set(name: string, value: Json): void {
    const { [name]: _old, ...rest } = config;
    edit(value === null ? rest : { ...rest, [name]: value });
  }
  const assignees = textsIn(config.assignees);
  return (
    <>
      <SchemaForm
        schema={schema}
        value={config}
        hidden={OWN_FIELDS}
        labels={labels}
        onChange={edit}
      />
      <fieldset className="mb-3 rounded-md border border-line p-3 pb-0">
        <legend className="px-1 font-medium text-[13px]">{t("people")}</legend>
        <Assignees
          value={assignees}
          onChange={(next) => set("assignees", next.length > 0 ? next : null)}
        />
        <TextField
          label={t("required")}
          hint={t("requiredHint")}
          error={tooMany(assignees, config.required) ? t("tooMany") : undefined}
          type="number"
          min={1}
          max={MOST}
          step={1}
          placeholder="1"
          value={typeof config.required === "number" ? config.required : ""}
          onChange={({ target }) =>
            set("required", target.value === "" ? null : Number(target.value))
          }
        />
      </fieldset>
      <DurationField
        label={t("waits")}
        hint={t("waitsHint")}
        value={secondsIn(config.approval_seconds) ?? USUAL_SECONDS}
        onChange={(seconds) => set("approval_seconds", seconds)}
      />
      <DurationField
        label={t("reminder")}
        hint={t("reminderHint")}
        placeholder={t("noReminder")}
        value={secondsIn(config.reminder_seconds)}
        onChange={(seconds) => set("reminder_seconds", seconds)}
      />
    </>
  );
}

function textsIn(value: Json | undefined): string[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === "string") : [];
}

function secondsIn(value: Json | undefined): number | null {
  return typeof value === "number" ? value : null;
}

/** Whether more must approve than are named; how many a role or an expression means is not known. */
function tooMany(assignees: string[], required: Json | undefined): boolean {
  const known = assignees.every((each) => !each.startsWith("role:") && !each.includes("{{"));
  return typeof required === "number" && known && required > Math.max(assignees.length, 1);
}

interface AssigneesProps {
  value: string[];
  onChange: (assignees: string[]) => void;
}

function Assignees({ value, onChange }: AssigneesProps) {
  const t = useTranslations("approvals.node");
  const name = useAssigneeName();
  const [text, setText] = useState("");
  const roles = ROLE_ASSIGNEES.filter((role) => !value.includes(role));
  const full = value.length >= MOST;
  function add(assignee: string): void {
    if (assignee !== "" && !value.includes(assignee)) onChange([...value, assignee]);
    setText("");
  }
  function onKeyDown(event: KeyboardEvent): void {
    if (event.key !== "Enter") return;
    event.preventDefault();
    add(text.trim());
  }
  return (
    <>
      <Named value={value} onChange={onChange} />
      <Field label={t("assignee")} hint={t("assigneeHint")}>
        {({ id, describedBy }) => (
          <div className="flex gap-1">
            <Input
              id={id}
              aria-describedby={describedBy}
              autoComplete="off"
              spellCheck={false}
              disabled={full}
              placeholder="name@example.com"
              value={text}
              onKeyDown={onKeyDown}
              // Who goes on without pressing Enter meant it too.
              onBlur={() => add(text.trim())}
              onChange={(event) => setText(event.target.value)}
            />
            <Button disabled={full || text.trim() === ""} onClick={() => add(text.trim())}>
              <Plus size={14} aria-hidden />
              {t("add")}
            </Button>
          </div>
        )}
      </Field>
      {roles.length > 0 && !full && (
        <div className="mb-3 flex flex-wrap gap-1">
          {roles.map((role) => (
            <Button key={role} onClick={() => add(role)}>
              <Plus size={14} aria-hidden />
              {name(role)}
            </Button>
          ))}
        </div>
      )}
    </>
  );
}

/** Who is asked, each with the way out. */
function Named({ value, onChange }: AssigneesProps) {
  const t = useTranslations("approvals.node");
  const name = useAssigneeName();
  if (value.length === 0) return <p className="mb-2 text-ink-soft text-xs">{t("owner")}</p>;
  return (
    <ul aria-label={t("people")} className="mb-2 flex flex-wrap gap-1">
      {value.map((each) => (
        <li
          key={each}
          className="inline-flex min-w-0 items-center gap-1 rounded-full bg-sunken py-0.5 pr-1 pl-2 text-xs"
        >
          <span className="min-w-0 break-all">{name(each)}</span>
          <button
            type="button"
            aria-label={t("remove", { name: name(each) })}
            onClick={() => onChange(value.filter((other) => other !== each))}
            className="rounded-full p-0.5 hover:bg-surface"
          >
            <X size={12} aria-hidden />
          </button>
        </li>
      ))}
    </ul>
  );
}
