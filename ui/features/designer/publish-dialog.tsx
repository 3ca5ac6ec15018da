import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { Button } from "@/components/button";
import { Dialog } from "@/components/dialog";
import { TextField } from "@/components/field";
import { Failure } from "@/components/states";
import { say } from "@/components/toasts";
import { publishDraft } from "./run-dialog";
import { useDesigner } from "./store";

interface PublishDialogProps {
  open: boolean;
  onOpenChange: (open: boolean) => void;
}

export function PublishDialog({ open, onOpenChange }: PublishDialogProps) {
  const t = useTranslations("designer");
  const workflowId = useDesigner((state) => state.workflowId);
  const errors = useDesigner(
    (state) => state.problems.filter((each) => each.severity === "error").length,
  );
  const [comment, setComment] = useState("");
  const queries = useQueryClient();
  const publish = useMutation({
    mutationFn: () => publishDraft(workflowId, comment),
    onSuccess: (version) => {
      void queries.invalidateQueries({ queryKey: ["workflow", workflowId] });
      void queries.invalidateQueries({ queryKey: ["versions", workflowId] });
      say(t("published", { version }));
      setComment("");
      onOpenChange(false);
    },
  });
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title={t("publish")}
      description={t("publishLead")}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          publish.mutate();
        }}
      >
        <TextField
          label={t("comment")}
          placeholder={t("commentHint")}
          maxLength={2_000}
          value={comment}
          onChange={(event) => setComment(event.target.value)}
        />
        {errors > 0 && <p className="mb-2 text-bad">{t("publishErrors", { count: errors })}</p>}
        {publish.error && <Failure error={publish.error} />}
        <div className="mt-3 flex justify-end">
          <Button type="submit" look="primary" busy={publish.isPending}>
            {t("publish")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
