"use client";

import { Plus } from "lucide-react";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { ButtonLink } from "@/components/button";
import { SearchBox } from "@/components/search-box";
import { useMayWrite } from "@/features/auth";
import { List } from "@/features/registry";
import { Page } from "@/features/shell";
import { type Agent, useAgents } from "./api";
import { REGISTRY } from "./registry";

/** The registered agents. */
export function Agents() {
  const t = useTranslations("agents");
  const mayWrite = useMayWrite();
  const [text, setText] = useState("");
  const query = useAgents(text);
  const make = mayWrite && (
    <ButtonLink look="primary" href="/agents/edit">
      <Plus size={16} aria-hidden />
      {t("new")}
    </ButtonLink>
  );
  return (
    <Page title={t("title")} lead={t("lead")} actions={make}>
      <search className="block max-w-xl">
        <SearchBox value={text} onSearch={setText} hint={t("searchHint")} />
      </search>
      <List
        registry={REGISTRY}
        query={query}
        filtered={text !== ""}
        columns={[t("model"), t("tools")]}
        cells={(agent) => <Cells agent={agent} />}
      />
    </Page>
  );
}

/** Which model it uses, and how many tools it has. */
function Cells({ agent: { config } }: { agent: Agent }) {
  const t = useTranslations("agents");
  return (
    <>
      <td className="whitespace-nowrap">
        {config.model}
        <span className="block text-ink-soft text-xs">{t(`providers.${config.provider}`)}</span>
      </td>
      <td className="tabular-nums">{config.tools?.length ?? 0}</td>
    </>
  );
}
