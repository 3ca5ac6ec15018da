import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Zap } from "lucide-react";
import { useTranslations } from "next-intl";
import { type FormEvent, useState } from "react";
import { Button } from "@/components/button";
import { Dialog } from "@/components/dialog";
import { Field } from "@/components/field";
import { Failure } from "@/components/states";
import { say } from "@/components/toasts";
import { JsonText } from "@/features/forms";
import type { Json } from "@/features/graph";
import { fireTrigger, TRIGGERS, type Trigger } from "./api";

interface FireProps {
  trigger: Trigger;
  onClose: () => void;
}

/** Starts a run now, as if what the trigger waits for had come. */
export function Fire({ trigger, onClose }: FireProps) {
  const t = useTranslations("triggers");
  const common = useTranslations("common");
  const queries = useQueryClient();
  const schedule = trigger.config.type === "schedule";
  const [event, setEvent] = useState<Json | undefined>(schedule ? undefined : exampleFor(trigger));
  const firing = useMutation({
    mutationFn: () => fireTrigger(trigger.id, event),
    onSuccess: async () => {
      say(t("fired", { name: trigger.name }));
      onClose();
      await queries.invalidateQueries({ queryKey: TRIGGERS });
    },
  });
  function submit(form: FormEvent): void {
    form.preventDefault();
    firing.mutate();
  }
  return (
    <Dialog open onOpenChange={onClose} title={t("fire")} description={t("fireLead")}>
      <form onSubmit={submit}>
        {!schedule && (
          <Field label={t("eventValue")} hint={t("eventValueHint")}>
            {() => <JsonText label={t("eventValue")} value={event} onChange={setEvent} />}
          </Field>
        )}
        {firing.error && <Failure error={firing.error} />}
        <div className="mt-4 flex justify-end gap-2">
          <Button onClick={onClose}>{common("cancel")}</Button>
          <Button type="submit" look="primary" busy={firing.isPending}>
            {!firing.isPending && <Zap size={15} aria-hidden />}
            {t("fire")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

/** What comes has this form; its values are the reader's to fill in. */
function exampleFor({ config }: Trigger): Json {
  if (config.type === "event") return { name: config.event, key: config.key ?? null, payload: {} };
  return { body: {}, headers: {}, query: {} };
}
