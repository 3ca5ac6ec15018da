"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Copy } from "lucide-react";
import { useTranslations } from "next-intl";
import { type FormEvent, useState } from "react";
import { Button } from "@/components/button";
import { Dialog } from "@/components/dialog";
import { CheckField, Field, Input, SelectField, TextField } from "@/components/field";
import { Failure } from "@/components/states";
import { say } from "@/components/toasts";
import { api, need, type Schemas } from "@/lib/api/client";

type Scope = Schemas["ApiKeyOut"]["scopes"][number];

export const KEYS = ["api-keys"] as const;
const SCOPES = ["read", "write", "admin"] as const satisfies Scope[];
const DAYS = [0, 30, 90, 365] as const;
const DAY_MS = 86_400_000;

interface Wish {
  name: string;
  scopes: Scope[];
  days: number;
}

/** Makes a key and shows it, this once. */
export function NewKey({ onClose }: { onClose: () => void }) {
  const t = useTranslations("settings");
  const queries = useQueryClient();
  const making = useMutation({
    mutationFn: make,
    onSuccess: () => queries.invalidateQueries({ queryKey: KEYS }),
    // The key is shown once, and kept nowhere.
    gcTime: 0,
  });
  return (
    <Dialog open onOpenChange={onClose} title={making.data ? t("keyMade") : t("newKey")}>
      {making.data ? (
        <Made text={making.data.key} onClose={onClose} />
      ) : (
        <KeyForm
          busy={making.isPending}
          error={making.error}
          onWish={making.mutate}
          onClose={onClose}
        />
      )}
    </Dialog>
  );
}

function make({ name, scopes, days }: Wish): Promise<Schemas["NewApiKey"]> {
  const expires_at = days > 0 ? new Date(Date.now() + days * DAY_MS).toISOString() : null;
  return need(api.POST("/api/v1/auth/api-keys", { body: { name, scopes, expires_at } }));
}

interface KeyFormProps {
  busy: boolean;
  error: unknown;
  onWish: (wish: Wish) => void;
  onClose: () => void;
}

function KeyForm({ busy, error, onWish, onClose }: KeyFormProps) {
  const t = useTranslations("settings");
  const common = useTranslations("common");
  const [wish, setWish] = useState<Wish>({ name: "", scopes: ["read", "write"], days: 90 });
  const change = (part: Partial<Wish>) => setWish((now) => ({ ...now, ...part }));
  function submit(event: FormEvent): void {
    event.preventDefault();
    onWish({ ...wish, name: wish.name.trim() });
  }
  return (
    <form onSubmit={submit}>
      <TextField
        label={t("name")}
        hint={t("nameHint")}
        required
        maxLength={200}
        value={wish.name}
        onChange={(event) => change({ name: event.target.value })}
      />
      <ScopesField scopes={wish.scopes} onChange={(scopes) => change({ scopes })} />
      <SelectField
        label={t("expires")}
        value={wish.days}
        onChange={(event) => change({ days: Number(event.target.value) })}
      >
        {DAYS.map((days) => (
          <option key={days} value={days}>
            {t("inDays", { days })}
          </option>
        ))}
      </SelectField>
      {error != null && <Failure error={error} />}
      <div className="mt-4 flex justify-end gap-2">
        <Button onClick={onClose}>{common("cancel")}</Button>
        <Button
          type="submit"
          look="primary"
          busy={busy}
          disabled={!wish.name.trim() || wish.scopes.length === 0}
        >
          {t("create")}
        </Button>
      </div>
    </form>
  );
}

interface ScopesFieldProps {
  scopes: Scope[];
  onChange: (scopes: Scope[]) => void;
}

function ScopesField({ scopes, onChange }: ScopesFieldProps) {
  const t = useTranslations("settings");
  const without = (scope: Scope) => scopes.filter((each) => each !== scope);
  return (
    <fieldset className="mb-3">
      <legend className="mb-1 font-medium text-[13px]">{t("scopes")}</legend>
      {SCOPES.map((scope) => (
        <CheckField
          key={scope}
          className="py-1"
          label={t(`scope.${scope}`)}
          hint={t(`scopeHint.${scope}`)}
          checked={scopes.includes(scope)}
          onChange={(chosen) => onChange(chosen ? [...scopes, scope] : without(scope))}
        />
      ))}
    </fieldset>
  );
}

function Made({ text, onClose }: { text: string; onClose: () => void }) {
  const t = useTranslations("settings");
  const common = useTranslations("common");
  async function copy(): Promise<void> {
    try {
      await navigator.clipboard.writeText(text);
      say(common("copied"));
    } catch {
      // Pages that are not served over HTTPS have no clipboard.
      say(t("copyByHand"), true);
    }
  }
  return (
    <>
      <p role="status" className="mb-3 rounded-md bg-wait-soft px-3 py-2 text-wait">
        {t("onlyOnce")}
      </p>
      <Field label={t("key")}>
        {({ id }) => (
          <div className="flex gap-2">
            <Input
              id={id}
              readOnly
              className="font-mono text-xs"
              value={text}
              onFocus={(event) => event.target.select()}
            />
            <Button onClick={() => void copy()}>
              <Copy size={15} aria-hidden />
              {common("copy")}
            </Button>
          </div>
        )}
      </Field>
      <div className="mt-4 flex justify-end">
        <Button look="primary" onClick={onClose}>
          {t("done")}
        </Button>
      </div>
    </>
  );
}
