import { useMutation } from "@tanstack/react-query";
import { useFormatter, useTranslations } from "next-intl";
import { type FormEvent, useState } from "react";
import { Button } from "@/components/button";
import { CopyButton } from "@/components/copy-button";
import { Dialog } from "@/components/dialog";
import { Field, Input, SelectField, TextField } from "@/components/field";
import { Failure } from "@/components/states";
import type { Approval } from "@/lib/api/events";
import { useSession } from "@/lib/api/session";
import { type Link, makeLink } from "./api";

const HOUR = 3_600;
const VALID_HOURS = [1, 8, 24, 72, 168] as const;
const USUAL_HOURS = 24;

interface LinkDialogProps {
  approval: Approval;
  onClose: () => void;
}

/** Makes a link by which one person decides without signing in; it is shown once. */
export function LinkDialog({ approval, onClose }: LinkDialogProps) {
  const t = useTranslations("approvals");
  const user = useSession((state) => state.user);
  // Only administrators may let others decide.
  const admin = user?.role === "admin";
  const [email, setEmail] = useState(user?.email ?? "");
  const [hours, setHours] = useState<number>(USUAL_HOURS);
  const making = useMutation({
    mutationFn: () =>
      makeLink(approval.id, {
        expires_seconds: hours * HOUR,
        ...(admin && { email: email.trim() || null }),
      }),
  });
  function submit(event: FormEvent): void {
    event.preventDefault();
    making.mutate();
  }
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={t("link.title")}
      description={t(admin ? "link.leadAdmin" : "link.lead")}
    >
      {making.data ? (
        <Made link={making.data} onClose={onClose} />
      ) : (
        <form onSubmit={submit}>
          {admin && (
            <TextField
              label={t("link.email")}
              hint={t("link.emailHint")}
              type="email"
              autoComplete="off"
              maxLength={320}
              value={email}
              onChange={(event) => setEmail(event.target.value)}
            />
          )}
          <SelectField
            label={t("link.valid")}
            value={hours}
            onChange={(event) => setHours(Number(event.target.value))}
          >
            {VALID_HOURS.map((each) => (
              <option key={each} value={each}>
                {t("link.hours", { hours: each })}
              </option>
            ))}
          </SelectField>
          {making.error && <Failure error={making.error} />}
          <div className="mt-4 flex justify-end">
            <Button type="submit" look="primary" busy={making.isPending}>
              {t("link.create")}
            </Button>
          </div>
        </form>
      )}
    </Dialog>
  );
}

function Made({ link, onClose }: { link: Link; onClose: () => void }) {
  const t = useTranslations("approvals");
  const format = useFormatter();
  const until = format.dateTime(new Date(link.expires_at), {
    dateStyle: "medium",
    timeStyle: "short",
  });
  // The server knows its own address only when it was told.
  const url = new URL(link.url, window.location.origin).href;
  return (
    <>
      <Field label={t("link.made")} hint={t("link.once", { until })}>
        {({ id, describedBy }) => (
          <div className="flex gap-1">
            <Input
              id={id}
              aria-describedby={describedBy}
              readOnly
              className="font-mono text-xs"
              value={url}
              onFocus={(event) => event.target.select()}
            />
            <CopyButton label={t("link.copy")} text={url} />
          </div>
        )}
      </Field>
      <div className="mt-4 flex justify-end">
        <Button look="primary" onClick={onClose}>
          {t("link.done")}
        </Button>
      </div>
    </>
  );
}
