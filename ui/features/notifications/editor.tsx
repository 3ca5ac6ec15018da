import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { type FormEvent, useState } from "react";
import { Button } from "@/components/button";
import { Dialog } from "@/components/dialog";
import { CheckField, SelectField, TextField } from "@/components/field";
import { Failure } from "@/components/states";
import { say } from "@/components/toasts";
import { Problem } from "@/lib/api/problem";
import {
  CHANNELS,
  type Channel,
  changeNotification,
  createNotification,
  NOTIFICATIONS,
  type Notification,
  OCCASIONS,
  type Occasion,
  useWorkflowChoices,
} from "./api";
import { ChannelFields } from "./channel-fields";
import { BLANK, bodyOf, type Draft, draftOf } from "./draft";

interface EditorProps {
  /** Null for a new one. */
  stored: Notification | null;
  onClose: () => void;
}

export function Editor({ stored, onClose }: EditorProps) {
  const t = useTranslations("notifications");
  const common = useTranslations("common");
  const [draft, setDraft] = useState<Draft>(() => (stored ? draftOf(stored) : BLANK));
  const change = (part: Partial<Draft>) => setDraft((now) => ({ ...now, ...part }));
  const saving = useSaving(stored, onClose);
  function submit(event: FormEvent): void {
    event.preventDefault();
    saving.mutate(draft);
  }
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={stored ? t("editTitle", { name: stored.name }) : t("new")}
    >
      <form onSubmit={submit} autoComplete="off">
        <Fields draft={draft} isNew={stored === null} onChange={change} />
        {saving.error && <Refusal error={saving.error} />}
        <div className="mt-4 flex justify-end gap-2">
          <Button onClick={onClose}>{common("cancel")}</Button>
          <Button
            type="submit"
            look="primary"
            busy={saving.isPending}
            disabled={draft.occasions.length === 0}
          >
            {common("save")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

function useSaving(stored: Notification | null, onClose: () => void) {
  const t = useTranslations("notifications");
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (draft: Draft) => {
      const { channel, ...rest } = bodyOf(draft);
      return stored ? changeNotification(stored, rest) : createNotification({ ...rest, channel });
    },
    onSuccess: async ({ name }) => {
      say(t("saved", { name }));
      onClose();
      await queries.invalidateQueries({ queryKey: NOTIFICATIONS });
    },
  });
}

interface FieldsProps {
  draft: Draft;
  isNew: boolean;
  onChange: (part: Partial<Draft>) => void;
}

function Fields({ draft, isNew, onChange }: FieldsProps) {
  const t = useTranslations("notifications");
  return (
    <>
      <TextField
        label={t("name")}
        required
        maxLength={200}
        value={draft.name}
        onChange={(event) => onChange({ name: event.target.value })}
      />
      <SelectField
        label={t("channel")}
        hint={isNew ? t(`channelHints.${draft.channel}`) : t("channelKept")}
        value={draft.channel}
        disabled={!isNew}
        onChange={(event) => onChange({ channel: event.target.value as Channel })}
      >
        {CHANNELS.map((each) => (
          <option key={each} value={each}>
            {t(`channels.${each}`)}
          </option>
        ))}
      </SelectField>
      <ChannelFields draft={draft} onChange={onChange} />
      <WorkflowField value={draft.workflowId} onChange={(workflowId) => onChange({ workflowId })} />
      <OccasionsField value={draft.occasions} onChange={(occasions) => onChange({ occasions })} />
      <CheckField
        label={t("active")}
        hint={t("activeHint")}
        checked={draft.active}
        onChange={(active) => onChange({ active })}
      />
    </>
  );
}

interface WorkflowFieldProps {
  value: string;
  onChange: (id: string) => void;
}

function WorkflowField({ value, onChange }: WorkflowFieldProps) {
  const t = useTranslations("notifications");
  const choices = useWorkflowChoices();
  // One that is deleted, or beyond the first hundred, can still be the one.
  const unknown = value !== "" && !choices.some(({ id }) => id === value);
  return (
    <SelectField label={t("runs")} value={value} onChange={(event) => onChange(event.target.value)}>
      <option value="">{t("allWorkflows")}</option>
      {unknown && <option value={value}>{value}</option>}
      {choices.map(({ id, name }) => (
        <option key={id} value={id}>
          {name}
        </option>
      ))}
    </SelectField>
  );
}

interface OccasionsFieldProps {
  value: Occasion[];
  onChange: (occasions: Occasion[]) => void;
}

function OccasionsField({ value, onChange }: OccasionsFieldProps) {
  const t = useTranslations("notifications");
  const toggle = (occasion: Occasion, on: boolean) =>
    onChange(OCCASIONS.filter((each) => (each === occasion ? on : value.includes(each))));
  return (
    <fieldset className="mb-3">
      <legend className="mb-1 font-medium text-[13px]">{t("occasions")}</legend>
      {OCCASIONS.map((occasion) => (
        <label key={occasion} className="flex items-center gap-2 py-0.5">
          <input
            type="checkbox"
            className="accent-accent"
            checked={value.includes(occasion)}
            onChange={(event) => toggle(occasion, event.target.checked)}
          />
          {t(`occasion.${occasion}`)}
        </label>
      ))}
      {value.length === 0 && (
        <p role="alert" className="text-bad text-xs">
          {t("noOccasion")}
        </p>
      )}
    </fieldset>
  );
}

/** Why it was not saved; for a server without a mail server, how to give it one. */
function Refusal({ error }: { error: Error }) {
  const t = useTranslations("notifications");
  if (!(error instanceof Problem && error.code === "SMTP_NOT_CONFIGURED"))
    return <Failure error={error} />;
  return (
    <div role="alert" className="rounded-lg bg-wait-soft p-4 text-wait">
      <p className="font-medium">{t("smtp.title")}</p>
      <p className="mt-1 break-words">
        {t.rich("smtp.text", { code: (text) => <code className="text-xs">{text}</code> })}
      </p>
    </div>
  );
}
