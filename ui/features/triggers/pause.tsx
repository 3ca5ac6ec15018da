import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { type FormEvent, useState } from "react";
import { Button } from "@/components/button";
import { Dialog } from "@/components/dialog";
import { TextField } from "@/components/field";
import { Failure } from "@/components/states";
import { say } from "@/components/toasts";
import { pauseTrigger, TRIGGERS, type Trigger } from "./api";

interface PauseProps {
  trigger: Trigger;
  onClose: () => void;
}

/** Stops a trigger until somebody resumes it, and keeps why. */
export function Pause({ trigger, onClose }: PauseProps) {
  const t = useTranslations("triggers");
  const common = useTranslations("common");
  const queries = useQueryClient();
  const [note, setNote] = useState("");
  const pausing = useMutation({
    mutationFn: () => pauseTrigger(trigger.id, note.trim() || null),
    onSuccess: async () => {
      say(t("paused", { name: trigger.name }));
      onClose();
      await queries.invalidateQueries({ queryKey: TRIGGERS });
    },
  });
  function submit(event: FormEvent): void {
    event.preventDefault();
    pausing.mutate();
  }
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={t("pauseTitle", { name: trigger.name })}
      description={t(`pauseLead.${trigger.config.type}`)}
    >
      <form onSubmit={submit}>
        <TextField
          label={t("note")}
          hint={t("noteHint")}
          maxLength={1_000}
          value={note}
          onChange={({ target }) => setNote(target.value)}
        />
        {pausing.error && <Failure error={pausing.error} />}
        <div className="mt-4 flex justify-end gap-2">
          <Button onClick={onClose}>{common("cancel")}</Button>
          <Button type="submit" look="primary" busy={pausing.isPending}>
            {t("pause")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
