import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { type FormEvent, useState } from "react";
import { Button } from "@/components/button";
import { Dialog } from "@/components/dialog";
import { Field, TextField } from "@/components/field";
import { Failure } from "@/components/states";
import { say } from "@/components/toasts";
import { JsonText } from "@/features/forms";
import { type Happened, publishEvent, TRIGGERS } from "./api";

interface PublishEventProps {
  name: string;
  eventKey?: string;
  onClose: () => void;
}

/** Tells that something happened: workflows start by it, and runs that wait for it go on. */
export function PublishEvent({ name, eventKey = "", onClose }: PublishEventProps) {
  const t = useTranslations("triggers");
  const common = useTranslations("common");
  const queries = useQueryClient();
  const [event, setEvent] = useState<Happened>({ name, key: eventKey, payload: {} });
  const change = (part: Partial<Happened>) => setEvent((now) => ({ ...now, ...part }));
  const publishing = useMutation({
    mutationFn: () =>
      publishEvent({ ...event, name: event.name.trim(), key: event.key?.trim() || null }),
    onSuccess: async ({ triggers }) => {
      say(t("published", { name: event.name.trim(), count: triggers }));
      onClose();
      await queries.invalidateQueries({ queryKey: TRIGGERS });
    },
  });
  function submit(form: FormEvent): void {
    form.preventDefault();
    publishing.mutate();
  }
  return (
    <Dialog open onOpenChange={onClose} title={t("publish")} description={t("publishLead")}>
      <form onSubmit={submit}>
        <TextField
          label={t("eventName")}
          required
          maxLength={200}
          spellCheck={false}
          value={event.name}
          onChange={({ target }) => change({ name: target.value })}
        />
        <TextField
          label={t("eventKey")}
          hint={t("publishKeyHint")}
          maxLength={255}
          spellCheck={false}
          value={event.key ?? ""}
          onChange={({ target }) => change({ key: target.value })}
        />
        <Field label={t("payload")}>
          {() => (
            <JsonText
              label={t("payload")}
              value={event.payload}
              onChange={(payload) => change({ payload })}
            />
          )}
        </Field>
        {publishing.error && <Failure error={publishing.error} />}
        <div className="mt-4 flex justify-end gap-2">
          <Button onClick={onClose}>{common("cancel")}</Button>
          <Button
            type="submit"
            look="primary"
            busy={publishing.isPending}
            disabled={!event.name.trim()}
          >
            {t("publishNow")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
