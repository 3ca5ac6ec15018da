"use client";

import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import Link from "next/link";
import { usePathname, useRouter, useSearchParams } from "next/navigation";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { Button } from "@/components/button";
import { LoadMore } from "@/components/load-more";
import { Empty, Loaded } from "@/components/states";
import { isLive } from "@/components/status";
import { useMayWrite } from "@/features/auth";
import { Page } from "@/features/shell";
import { api, need } from "@/lib/api/client";
import { pages } from "@/lib/api/pages";
import { Bulk } from "./bulk";
import { apiQuery, type Filters, NO_FILTERS, type Run, readFilters, writeFilters } from "./filters";
import { ListFilters } from "./list-filters";
import { ListTable } from "./list-table";

const LIVE_EVERY_MS = 3_000;

export function Executions() {
  const t = useTranslations("executions");
  const router = useRouter();
  const path = usePathname();
  const address = useSearchParams().toString();
  const filters = readFilters(new URLSearchParams(address));
  const query = useRuns(filters);
  const narrow = (next: Filters) =>
    router.replace(`${path}${writeFilters(next)}`, { scroll: false });
  return (
    <Page title={t("title")} lead={t("lead")}>
      <ListFilters filters={filters} onChange={narrow} />
      <Loaded query={query}>
        {(runs) =>
          runs.length > 0 ? (
            // What is selected does not outlive the list that it was selected in.
            <Selectable key={writeFilters(filters)} runs={runs} />
          ) : (
            <Nothing filtered={writeFilters(filters) !== ""} onClear={() => narrow(NO_FILTERS)} />
          )
        }
      </Loaded>
      <LoadMore query={query} />
    </Page>
  );
}

function useRuns(filters: Filters) {
  return useInfiniteQuery({
    queryKey: ["executions", "list", filters],
    ...pages((place) =>
      need(
        api.GET("/api/v1/executions", { params: { query: { ...apiQuery(filters), ...place } } }),
      ),
    ),
    placeholderData: keepPreviousData,
    refetchInterval: ({ state }) => {
      const live = state.data?.pages.some((page) => page.items.some((run) => isLive(run.status)));
      return live ? LIVE_EVERY_MS : false;
    },
  });
}

function Selectable({ runs }: { runs: Run[] }) {
  const mayWrite = useMayWrite();
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  return (
    <>
      {mayWrite && (
        <Bulk
          runs={runs.filter((run) => selected.has(run.id))}
          onDone={() => setSelected(new Set())}
        />
      )}
      <ListTable runs={runs} selected={selected} onSelect={mayWrite ? setSelected : null} />
    </>
  );
}

function Nothing({ filtered, onClear }: { filtered: boolean; onClear: () => void }) {
  const t = useTranslations("executions");
  if (filtered) {
    return (
      <Empty title={t("noMatch")}>
        <Button onClick={onClear}>{t("clearFilters")}</Button>
      </Empty>
    );
  }
  return (
    <Empty title={t("empty")}>
      <p>{t("emptyHint")}</p>
      <Link href="/workflows" className="mt-2 inline-block text-accent hover:underline">
        {t("toWorkflows")}
      </Link>
    </Empty>
  );
}
