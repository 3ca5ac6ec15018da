"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { type FormEvent, useState } from "react";
import { Button } from "@/components/button";
import { Dialog } from "@/components/dialog";
import { Field, Select, TextArea, TextField } from "@/components/field";
import { Failure } from "@/components/states";
import { say } from "@/components/toasts";
import { type Builtin, type Content, KINDS, type Kind, saveTool, TOOLS, type Tool } from "./api";
import { ConfigField } from "./config-field";
import { contentOf, type Draft, draftOf, emptyDraft } from "./draft";
import { JsonField } from "./json-field";

interface ToolFormProps {
  /** Null to make a new one. */
  tool: Tool | null;
  /** The helper that a new one is made of. */
  builtin: Builtin | null;
  onClose: () => void;
}

export function ToolForm({ tool, builtin, onClose }: ToolFormProps) {
  const t = useTranslations("tools");
  const common = useTranslations("common");
  const queries = useQueryClient();
  const [draft, setDraft] = useState(() => (tool ? draftOf(tool) : emptyDraft(builtin)));
  const content = contentOf(draft);
  const saving = useMutation({
    mutationFn: (whole: Content) => saveTool(tool, whole),
    onSuccess: async ({ name }) => {
      say(t("saved", { name }));
      onClose();
      await queries.invalidateQueries({ queryKey: TOOLS });
    },
  });
  function submit(event: FormEvent): void {
    event.preventDefault();
    if (content) saving.mutate(content);
  }
  const title = tool ? t("editOf", { name: tool.name }) : t("new");
  return (
    <Dialog open wide onOpenChange={onClose} title={title}>
      <form onSubmit={submit}>
        <Fields draft={draft} onChange={(part) => setDraft((now) => ({ ...now, ...part }))} />
        {saving.error && <Failure error={saving.error} />}
        <div className="mt-4 flex justify-end gap-2">
          <Button onClick={onClose}>{common("cancel")}</Button>
          <Button
            type="submit"
            look="primary"
            busy={saving.isPending}
            disabled={!content || !draft.name.trim()}
          >
            {common("save")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

interface FieldsProps {
  draft: Draft;
  onChange: (part: Partial<Draft>) => void;
}

function Fields({ draft, onChange }: FieldsProps) {
  const t = useTranslations("tools");
  const { kind, configs } = draft;
  return (
    <>
      <About draft={draft} onChange={onChange} />
      <ConfigField
        key={kind}
        kind={kind}
        value={configs[kind]}
        onChange={(text) => onChange({ configs: { ...configs, [kind]: text } })}
      />
      <div className="grid gap-x-4 md:grid-cols-2">
        <JsonField
          label={t("inputSchema")}
          hint={t("schemaHint")}
          value={draft.input}
          onChange={(input) => onChange({ input })}
        />
        <JsonField
          label={t("outputSchema")}
          hint={t("schemaHint")}
          value={draft.output}
          onChange={(output) => onChange({ output })}
        />
      </div>
      <label className="mb-3 flex items-start gap-2">
        <input
          type="checkbox"
          className="mt-0.5 accent-accent"
          checked={draft.shared}
          onChange={(event) => onChange({ shared: event.target.checked })}
        />
        <span>
          {t("public")}
          <span className="block text-ink-soft text-xs">{t("publicHint")}</span>
        </span>
      </label>
    </>
  );
}

function About({ draft, onChange }: FieldsProps) {
  const t = useTranslations("tools");
  return (
    <>
      <div className="grid gap-x-4 md:grid-cols-[1fr_12rem]">
        <TextField
          label={t("name")}
          hint={t("nameHint")}
          required
          maxLength={200}
          value={draft.name}
          onChange={(event) => onChange({ name: event.target.value })}
        />
        <Field label={t("kind")}>
          {({ id }) => (
            <Select
              id={id}
              value={draft.kind}
              onChange={(event) => onChange({ kind: event.target.value as Kind })}
            >
              {KINDS.map((kind) => (
                <option key={kind} value={kind}>
                  {t(`kinds.${kind}`)}
                </option>
              ))}
            </Select>
          )}
        </Field>
      </div>
      <Field label={t("description")}>
        {({ id }) => (
          <TextArea
            id={id}
            rows={2}
            maxLength={10_000}
            value={draft.description}
            onChange={(event) => onChange({ description: event.target.value })}
          />
        )}
      </Field>
    </>
  );
}
