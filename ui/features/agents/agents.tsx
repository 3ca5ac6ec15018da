"use client";

import { Plus } from "lucide-react";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { ButtonLink } from "@/components/button";
import { LoadMore } from "@/components/load-more";
import { SearchBox } from "@/components/search-box";
import { Empty, Loaded } from "@/components/states";
import { UsedBy } from "@/components/used-by";
import { useMayWrite } from "@/features/auth";
import { Page } from "@/features/shell";
import { AgentList } from "./agent-list";
import { type Agent, useAgents } from "./api";
import { Delete } from "./delete";

/** The registered agents. */
export function Agents() {
  const t = useTranslations("agents");
  const mayWrite = useMayWrite();
  const [text, setText] = useState("");
  const [doomed, setDoomed] = useState<Agent | null>(null);
  const [refused, setRefused] = useState<unknown>(null);
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
      {refused !== null && <UsedBy error={refused} />}
      <Loaded query={query}>
        {(agents) =>
          agents.length > 0 ? (
            <AgentList
              agents={agents}
              onDelete={(agent) => {
                setRefused(null);
                setDoomed(agent);
              }}
            />
          ) : (
            <Empty title={t(text ? "noMatch" : "empty")}>{t("emptyHint")}</Empty>
          )
        }
      </Loaded>
      <LoadMore query={query} />
      {doomed && <Delete agent={doomed} onClose={() => setDoomed(null)} onRefused={setRefused} />}
    </Page>
  );
}
