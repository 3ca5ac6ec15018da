"use client";

import { useTranslations } from "next-intl";
import { TextField } from "@/components/field";

export const SHORTEST = 12;
const KINDS = [/[a-z]/, /[A-Z]/, /\d/, /[^A-Za-z\d]/];
const LOOKS = {
  weak: { text: "text-bad", bar: "w-1/3 bg-bad" },
  fair: { text: "text-wait", bar: "w-2/3 bg-wait" },
  strong: { text: "text-ok", bar: "w-full bg-ok" },
};

type Strength = keyof typeof LOOKS;

/** Length counts most; a password of few different characters stays weak. */
export function strengthOf(password: string): Strength {
  const kinds = KINDS.filter((kind) => kind.test(password)).length;
  const different = new Set(password).size;
  if (password.length < SHORTEST || different < 6) return "weak";
  return password.length + 2 * kinds >= 22 ? "strong" : "fair";
}

interface PasswordFieldProps {
  label: string;
  value: string;
  onChange: (password: string) => void;
}

/** A new password, with how good it is. */
export function PasswordField({ label, value, onChange }: PasswordFieldProps) {
  const t = useTranslations("auth");
  return (
    <>
      <TextField
        label={label}
        type="password"
        autoComplete="new-password"
        required
        minLength={SHORTEST}
        maxLength={1000}
        hint={t("passwordHint", { count: SHORTEST })}
        value={value}
        onChange={(event) => onChange(event.target.value)}
      />
      <div aria-live="polite" className="-mt-1 mb-3 min-h-5 text-xs">
        {value && <Meter password={value} />}
      </div>
    </>
  );
}

function Meter({ password }: { password: string }) {
  const t = useTranslations("auth");
  const strength = strengthOf(password);
  const missing = SHORTEST - password.length;
  return (
    <>
      <div className="h-1 overflow-hidden rounded bg-sunken" aria-hidden>
        <div className={`h-full ${LOOKS[strength].bar}`} />
      </div>
      <p className={`mt-1 ${LOOKS[strength].text}`}>
        {missing > 0 ? t("missing", { count: missing }) : t(strength)}
      </p>
    </>
  );
}
