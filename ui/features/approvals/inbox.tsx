"use client";

import { usePathname, useRouter, useSearchParams } from "next/navigation";
import { useTranslations } from "next-intl";
import { SelectField } from "@/components/field";
import { LoadMore } from "@/components/load-more";
import { Empty, Loaded } from "@/components/states";
import { Page } from "@/features/shell";
import type { Approval } from "@/lib/api/events";
import { useInbox, VIEWS, type View } from "./api";
import { InboxCard } from "./inbox-card";
import { useCardKeys } from "./keys";

/** The room of decisions that runs wait for. */
export function Approvals() {
  const t = useTranslations("approvals");
  const router = useRouter();
  const path = usePathname();
  const asked = useSearchParams().get("show");
  const view = VIEWS.find((each) => each === asked) ?? "mine";
  const query = useInbox(view);
  const show = (next: View) =>
    router.replace(next === "mine" ? path : `${path}?show=${next}`, { scroll: false });
  return (
    <Page title={t("title")} lead={t("lead")}>
      <search className="block max-w-xs">
        <SelectField
          label={t("show")}
          value={view}
          onChange={(event) => show(event.target.value as View)}
        >
          {VIEWS.map((each) => (
            <option key={each} value={each}>
              {t(`views.${each}`)}
            </option>
          ))}
        </SelectField>
      </search>
      <Loaded query={query}>
        {(approvals) =>
          approvals.length > 0 ? <Cards approvals={approvals} /> : <Nothing view={view} />
        }
      </Loaded>
      <LoadMore query={query} />
    </Page>
  );
}

function Cards({ approvals }: { approvals: Approval[] }) {
  const t = useTranslations("approvals");
  const { list, ...keys } = useCardKeys(approvals.map(({ id }) => id));
  return (
    <>
      <p className="mb-2 text-ink-soft text-xs">{t("keys")}</p>
      <ul ref={list} {...keys} aria-label={t("title")} className="space-y-3">
        {approvals.map((approval) => (
          <li key={approval.id}>
            <InboxCard approval={approval} />
          </li>
        ))}
      </ul>
    </>
  );
}

function Nothing({ view }: { view: View }) {
  const t = useTranslations("approvals");
  if (view === "mine") return <Empty title={t("empty")}>{t("emptyText")}</Empty>;
  return <Empty title={t("noMatch")} />;
}
