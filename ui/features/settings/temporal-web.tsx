"use client";

import { useMutation, useQuery } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { Button } from "@/components/button";
import { CopyButton } from "@/components/copy-button";
import { Failure } from "@/components/states";
import { api, need } from "@/lib/api/client";
import { useSession } from "@/lib/api/session";

const CODEC = "/api/v1/codec";

/** Lets an administrator's Temporal Web read encrypted values; nothing where none are encrypted. */
export function TemporalWeb() {
  const admin = useSession((state) => state.user?.role === "admin");
  const { data: info } = useQuery({
    queryKey: ["system-info"],
    queryFn: () => need(api.GET("/api/v1/system/info")),
    enabled: admin,
  });
  return admin && info?.payloads_encrypted ? <Card address={info.temporal.ui ?? null} /> : null;
}

/** `address` is where Temporal Web is; null when the server does not know. */
function Card({ address }: { address: string | null }) {
  const t = useTranslations("settings");
  const opening = useMutation({ mutationFn: () => need(api.POST("/api/v1/codec/session")) });
  const endpoint = `${window.location.origin}${CODEC}`;
  return (
    <section aria-labelledby="temporal-web" className="mt-8">
      <h2 id="temporal-web" className="font-semibold text-base">
        Temporal Web
      </h2>
      <div className="mt-3 rounded-lg border border-line bg-surface p-4">
        <p className="text-ink-soft">{t("temporalLead")}</p>
        {!address && (
          <p className="mt-3 rounded-md bg-wait-soft px-3 py-2 text-wait">{t("temporalUnknown")}</p>
        )}
        <ol className="mt-3 list-decimal space-y-1 pl-5">
          <li>{t("temporalPress")}</li>
          <li>
            {t.rich("temporalSettings", {
              web: (text) =>
                address ? (
                  <a
                    href={address}
                    target="_blank"
                    rel="noreferrer"
                    className="text-accent underline"
                  >
                    {text}
                  </a>
                ) : (
                  text
                ),
              option: (text) => <b className="font-medium">{text}</b>,
            })}
            <span className="flex items-center gap-1">
              <code className="break-all text-xs">{endpoint}</code>
              <CopyButton label={t("temporalCopy")} text={endpoint} />
            </span>
          </li>
        </ol>
        <div aria-live="polite" className="mt-3">
          {opening.error && <Failure error={opening.error} />}
          {opening.isSuccess && (
            <p className="rounded-md bg-ok-soft px-3 py-2 text-ok">{t("temporalOpen")}</p>
          )}
        </div>
        <Button className="mt-3" busy={opening.isPending} onClick={() => opening.mutate()}>
          {t("temporalAllow")}
        </Button>
      </div>
    </section>
  );
}
