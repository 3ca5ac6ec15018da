"use client";

import { useQuery } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { Loaded } from "@/components/states";
import { When } from "@/components/when";
import { Page } from "@/features/shell";
import { api, need, type Schemas } from "@/lib/api/client";
import { Keys } from "./keys";
import { OwnAccount } from "./own-account";
import { SettingsTabs } from "./tabs";
import { TemporalWeb } from "./temporal-web";

export function Settings() {
  const t = useTranslations("settings");
  const me = useQuery({
    queryKey: ["me"],
    queryFn: () => need(api.GET("/api/v1/auth/me")),
  });
  return (
    <Page title={t("title")} lead={t("lead")}>
      <SettingsTabs />
      <section aria-labelledby="account" className="mb-8">
        <h2 id="account" className="mb-3 font-semibold text-base">
          {t("account")}
        </h2>
        <Loaded query={me}>
          {(user) => (
            <>
              <Account user={user} />
              <OwnAccount user={user} />
            </>
          )}
        </Loaded>
      </section>
      <Keys />
      <TemporalWeb />
    </Page>
  );
}

function Account({ user }: { user: Schemas["UserOut"] }) {
  const t = useTranslations("settings");
  const roles = useTranslations("users");
  const facts = [
    { name: t("displayName"), value: user.display_name },
    { name: t("email"), value: user.email },
    { name: t("role"), value: roles(`roles.${user.role}`) },
    { name: t("since"), value: <When at={user.created_at} /> },
  ];
  return (
    <dl className="grid gap-4 rounded-lg border border-line bg-surface p-4 sm:grid-cols-2 lg:grid-cols-4">
      {facts.map((fact) => (
        <div key={fact.name} className="min-w-0">
          <dt className="text-ink-soft text-xs">{fact.name}</dt>
          <dd className="mt-0.5 break-words font-medium">{fact.value}</dd>
        </div>
      ))}
    </dl>
  );
}
