"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { type FormEvent, useState } from "react";
import { Button } from "@/components/button";
import { Dialog } from "@/components/dialog";
import { Field, TextField } from "@/components/field";
import { Failure } from "@/components/states";
import { say } from "@/components/toasts";
import { PasswordField } from "@/features/auth";
import type { Schemas } from "@/lib/api/client";
import { createUser, USERS } from "./api";
import { RoleSelect } from "./role-select";

type Fresh = Schemas["NewUser"];

export function Create({ onClose }: { onClose: () => void }) {
  const t = useTranslations("users");
  const common = useTranslations("common");
  const queries = useQueryClient();
  const [fresh, setFresh] = useState<Fresh>({
    email: "",
    display_name: "",
    password: "",
    role: "editor",
  });
  const creating = useMutation({
    mutationFn: () => createUser(fresh),
    onSuccess: async ({ display_name }) => {
      say(t("createdOne", { name: display_name }));
      onClose();
      await queries.invalidateQueries({ queryKey: USERS });
    },
  });
  function submit(event: FormEvent): void {
    event.preventDefault();
    creating.mutate();
  }
  return (
    <Dialog open onOpenChange={onClose} title={t("new")}>
      <form onSubmit={submit}>
        <Fields fresh={fresh} onChange={(part) => setFresh((now) => ({ ...now, ...part }))} />
        {creating.error && <Failure error={creating.error} />}
        <div className="mt-4 flex justify-end gap-2">
          <Button onClick={onClose}>{common("cancel")}</Button>
          <Button type="submit" look="primary" busy={creating.isPending}>
            {t("create")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

interface FieldsProps {
  fresh: Fresh;
  onChange: (part: Partial<Fresh>) => void;
}

function Fields({ fresh, onChange }: FieldsProps) {
  const t = useTranslations("users");
  return (
    <>
      <TextField
        label={t("email")}
        type="email"
        autoComplete="off"
        required
        maxLength={320}
        value={fresh.email}
        onChange={(event) => onChange({ email: event.target.value })}
      />
      <TextField
        label={t("displayName")}
        autoComplete="off"
        required
        maxLength={200}
        value={fresh.display_name}
        onChange={(event) => onChange({ display_name: event.target.value })}
      />
      <PasswordField
        label={t("password")}
        value={fresh.password}
        onChange={(password) => onChange({ password })}
      />
      <Field label={t("role")} hint={t(`roleHints.${fresh.role}`)}>
        {({ id, describedBy }) => (
          <RoleSelect
            id={id}
            aria-describedby={describedBy}
            value={fresh.role}
            onRole={(role) => onChange({ role })}
          />
        )}
      </Field>
    </>
  );
}
