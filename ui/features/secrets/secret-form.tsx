import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { type FormEvent, useState } from "react";
import { Button } from "@/components/button";
import { Dialog } from "@/components/dialog";
import { TextField } from "@/components/field";
import { Failure } from "@/components/states";
import { say } from "@/components/toasts";
import { NAME, putSecret, SECRETS, type Secret } from "./api";
import { ValueField } from "./value-field";

interface SecretFormProps {
  /** The one to replace; null makes a new one. */
  secret: Secret | null;
  known: Secret[];
  onClose: () => void;
}

/** Takes a value to keep. What was kept before is not shown: the server tells it to nobody. */
export function SecretForm({ secret, known, onClose }: SecretFormProps) {
  const t = useTranslations("secrets");
  const common = useTranslations("common");
  const queries = useQueryClient();
  const [name, setName] = useState(secret?.name ?? "");
  const [value, setValue] = useState("");
  const [description, setDescription] = useState(secret?.description ?? "");
  const taken = !secret && known.some((each) => each.name === name);
  const saving = useMutation({
    // Not given as a variable, which would be kept beside the answer.
    mutationFn: () =>
      putSecret(name, { value, description: description.trim() || null }, { isNew: !secret }),
    gcTime: 0,
    onSuccess: async () => {
      say(t(secret ? "replaced" : "saved", { name }));
      onClose();
      await queries.invalidateQueries({ queryKey: SECRETS });
    },
  });
  function submit(event: FormEvent): void {
    event.preventDefault();
    if (!taken) saving.mutate();
  }
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={secret ? t("replaceOf", { name }) : t("new")}
      description={t(secret ? "replaceLead" : "newLead")}
    >
      <form onSubmit={submit} autoComplete="off">
        {!secret && (
          <TextField
            label={t("name")}
            hint={t("nameHint")}
            error={taken ? t("nameTaken") : undefined}
            required
            pattern={NAME}
            title={t("nameHint")}
            autoComplete="off"
            spellCheck={false}
            className="font-mono"
            value={name}
            onChange={(event) => setName(event.target.value)}
          />
        )}
        <ValueField value={value} onChange={setValue} />
        <TextField
          label={t("description")}
          hint={t("descriptionHint")}
          autoComplete="off"
          maxLength={1_000}
          value={description}
          onChange={(event) => setDescription(event.target.value)}
        />
        {saving.error && <Failure error={saving.error} />}
        <div className="mt-4 flex justify-end gap-2">
          <Button onClick={onClose}>{common("cancel")}</Button>
          <Button type="submit" look="primary" busy={saving.isPending}>
            {secret ? t("replace") : common("save")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
