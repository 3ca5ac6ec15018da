"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { type FormEvent, type ReactNode, useState } from "react";
import { Button } from "@/components/button";
import { Dialog } from "@/components/dialog";
import { TextField } from "@/components/field";
import { Failure } from "@/components/states";
import { say } from "@/components/toasts";
import { PasswordField } from "@/features/auth";
import { api, need, type Schemas } from "@/lib/api/client";

type Change = Schemas["OwnChange"];

/** Changing one's own name and password. */
export function OwnAccount({ user }: { user: Schemas["UserOut"] }) {
  const t = useTranslations("settings");
  const [open, setOpen] = useState<"name" | "password" | null>(null);
  const close = () => setOpen(null);
  return (
    <div className="mt-3 flex gap-2">
      <Button onClick={() => setOpen("name")}>{t("changeName")}</Button>
      <Button onClick={() => setOpen("password")}>{t("changePassword")}</Button>
      {open === "name" && <NameDialog name={user.display_name} onClose={close} />}
      {open === "password" && <PasswordDialog onClose={close} />}
    </div>
  );
}

function useChange(done: string, onClose: () => void) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (change: Change) => need(api.PATCH("/api/v1/auth/me", { body: change })),
    onSuccess: async () => {
      say(done);
      onClose();
      await queries.invalidateQueries({ queryKey: ["me"] });
    },
  });
}

function NameDialog({ name, onClose }: { name: string; onClose: () => void }) {
  const t = useTranslations("settings");
  const [wanted, setWanted] = useState(name);
  const change = useChange(t("changed"), onClose);
  return (
    <Form
      title={t("changeName")}
      onClose={onClose}
      change={change}
      content={{ display_name: wanted }}
    >
      <TextField
        label={t("displayName")}
        required
        maxLength={200}
        value={wanted}
        onChange={(event) => setWanted(event.target.value)}
      />
    </Form>
  );
}

function PasswordDialog({ onClose }: { onClose: () => void }) {
  const t = useTranslations("settings");
  const [current, setCurrent] = useState("");
  const [password, setPassword] = useState("");
  const change = useChange(t("passwordChanged"), onClose);
  return (
    <Form
      title={t("changePassword")}
      onClose={onClose}
      change={change}
      content={{ password, current_password: current }}
    >
      <TextField
        label={t("currentPassword")}
        type="password"
        autoComplete="current-password"
        required
        value={current}
        onChange={(event) => setCurrent(event.target.value)}
      />
      <PasswordField label={t("newPassword")} value={password} onChange={setPassword} />
    </Form>
  );
}

interface FormProps {
  title: string;
  content: Change;
  change: ReturnType<typeof useChange>;
  onClose: () => void;
  children: ReactNode;
}

function Form({ title, content, change, onClose, children }: FormProps) {
  const common = useTranslations("common");
  function submit(event: FormEvent): void {
    event.preventDefault();
    change.mutate(content);
  }
  return (
    <Dialog open onOpenChange={onClose} title={title}>
      <form onSubmit={submit}>
        {children}
        {change.error && <Failure error={change.error} />}
        <div className="mt-4 flex justify-end gap-2">
          <Button onClick={onClose}>{common("cancel")}</Button>
          <Button type="submit" look="primary" busy={change.isPending}>
            {common("save")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
