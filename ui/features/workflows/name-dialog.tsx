"use client";

import { useTranslations } from "next-intl";
import { type FormEvent, useState } from "react";
import { Button } from "@/components/button";
import { Dialog } from "@/components/dialog";
import { TextField } from "@/components/field";
import { Failure } from "@/components/states";

interface NameDialogProps {
  title: string;
  action: string;
  initial?: string;
  busy: boolean;
  error: unknown;
  onName: (name: string) => void;
  onClose: () => void;
}

/** Asks for a workflow's name. */
export function NameDialog(props: NameDialogProps) {
  const t = useTranslations("common");
  const [name, setName] = useState(props.initial ?? "");
  function submit(event: FormEvent): void {
    event.preventDefault();
    props.onName(name.trim());
  }
  return (
    <Dialog open onOpenChange={props.onClose} title={props.title}>
      <form onSubmit={submit}>
        <TextField
          label={t("name")}
          required
          maxLength={200}
          pattern=".*\S.*"
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
        {props.error != null && <Failure error={props.error} />}
        <div className="mt-4 flex justify-end gap-2">
          <Button onClick={props.onClose}>{t("cancel")}</Button>
          <Button type="submit" look="primary" busy={props.busy} disabled={!name.trim()}>
            {props.action}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
