import { useTranslations } from "next-intl";
import { TRIAL_FIXES } from "@/lib/fixes";
import type { Failed as Failing } from "./entries";

// What only models fail with.
const FIXES = new Set([
  "ModelAuthFailed",
  "ModelFailed",
  "ModelOutputInvalid",
  "ModelOverloaded",
  "ModelProtocolError",
  "ModelReplyTooLarge",
  "ModelRequestRefused",
]);

/** What failed, and what to do about it. */
export function Failed({ error }: { error: Failing }) {
  const t = useTranslations("transcript");
  const trial = useTranslations("trial");
  const { code, message } = error;
  return (
    <div role="alert" className="rounded-md bg-bad-soft px-3 py-2 text-bad">
      <p className="break-words font-medium">{message}</p>
      {code && <code className="text-xs">{code}</code>}
      <p className="mt-1 text-xs">
        {FIXES.has(code)
          ? t(`fix.${code as "ModelFailed"}`)
          : TRIAL_FIXES.has(code)
            ? trial(`fix.${code as "Timeout"}`)
            : t("fix.other")}
      </p>
    </div>
  );
}
