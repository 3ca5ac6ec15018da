"use client";

import { useMutation } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { type FormEvent, useState } from "react";
import { Button } from "@/components/button";
import { Dialog } from "@/components/dialog";
import { Failure } from "@/components/states";
import { say } from "@/components/toasts";
import { PasswordField } from "@/features/auth";
import { type Account, changeUser } from "./api";

export function NewPassword({ user, onClose }: { user: Account; onClose: () => void }) {
  const t = useTranslations("users");
  const common = useTranslations("common");
  const [password, setPassword] = useState("");
  const changing = useMutation({
    mutationFn: () => changeUser(user.id, { password }),
    onSuccess: () => {
      say(t("passwordChanged", { name: user.display_name }));
      onClose();
    },
  });
  function submit(event: FormEvent): void {
    event.preventDefault();
    changing.mutate();
  }
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={t("passwordOf", { name: user.display_name })}
      description={t("passwordLead")}
    >
      <form onSubmit={submit}>
        <PasswordField label={t("newPassword")} value={password} onChange={setPassword} />
        {changing.error && <Failure error={changing.error} />}
        <div className="mt-4 flex justify-end gap-2">
          <Button onClick={onClose}>{common("cancel")}</Button>
          <Button type="submit" look="primary" busy={changing.isPending}>
            {common("save")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
