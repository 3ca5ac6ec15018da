import { useMutation, useQueryClient } from "@tanstack/react-query";
import { CirclePause, CirclePlay, History, Megaphone, Pencil, Trash2, Zap } from "lucide-react";
import { useTranslations } from "next-intl";
import { Button, ButtonLink } from "@/components/button";
import { complain, say } from "@/components/toasts";
import { useMayWrite } from "@/features/auth";
import { resumeTrigger, TRIGGERS, type Trigger } from "./api";
import { editPath } from "./paths";

export type Asked = "pause" | "fire" | "backfill" | "publish" | "delete";

interface ActionsProps {
  trigger: Trigger;
  onAsk: (asked: Asked) => void;
}

/** What can be done with a trigger. */
export function Actions({ trigger, onAsk }: ActionsProps) {
  const t = useTranslations("triggers");
  const common = useTranslations("common");
  const kind = trigger.config.type;
  const mayWrite = useMayWrite();
  return (
    <>
      <ButtonLink href="/triggers">{t("all")}</ButtonLink>
      {mayWrite && (
        <>
          <ButtonLink href={editPath(trigger.id)}>
            <Pencil size={15} aria-hidden />
            {t("edit")}
          </ButtonLink>
          <Button look="danger" onClick={() => onAsk("delete")}>
            <Trash2 size={15} aria-hidden />
            {common("delete")}
          </Button>
          {kind === "schedule" && (
            <Button onClick={() => onAsk("backfill")}>
              <History size={15} aria-hidden />
              {t("backfill")}
            </Button>
          )}
          <Running trigger={trigger} onPause={() => onAsk("pause")} />
          {kind === "event" && (
            <Button onClick={() => onAsk("publish")}>
              <Megaphone size={15} aria-hidden />
              {t("publish")}
            </Button>
          )}
          <Button look="primary" onClick={() => onAsk("fire")}>
            <Zap size={15} aria-hidden />
            {t("fire")}
          </Button>
        </>
      )}
    </>
  );
}

function Running({ trigger, onPause }: { trigger: Trigger; onPause: () => void }) {
  const t = useTranslations("triggers");
  const queries = useQueryClient();
  const resuming = useMutation({
    mutationFn: () => resumeTrigger(trigger.id),
    onSuccess: () => say(t("resumed", { name: trigger.name })),
    onError: complain,
    onSettled: () => queries.invalidateQueries({ queryKey: TRIGGERS }),
  });
  if (trigger.is_active)
    return (
      <Button onClick={onPause}>
        <CirclePause size={15} aria-hidden />
        {t("pause")}
      </Button>
    );
  return (
    <Button busy={resuming.isPending} onClick={() => resuming.mutate()}>
      {!resuming.isPending && <CirclePlay size={15} aria-hidden />}
      {t("resume")}
    </Button>
  );
}
