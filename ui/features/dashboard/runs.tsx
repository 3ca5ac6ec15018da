"use client";

import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { useTranslations } from "next-intl";
import { type Status, StatusIcon } from "@/components/status";
import { When } from "@/components/when";
import { api, need, type Schemas } from "@/lib/api/client";

type Run = Schemas["ExecutionOut"];

const SHOWN = 5;

export function useRuns(name: string, filter: { status?: Status[] }, refetchInterval: number) {
  return useQuery({
    queryKey: ["executions", "newest", name],
    queryFn: () =>
      need(api.GET("/api/v1/executions", { params: { query: { ...filter, limit: SHOWN } } })),
    select: (page) => page.items,
    refetchInterval,
  });
}

interface RunsProps {
  runs: Run[];
  none: string;
  errors?: boolean;
}

/** A few runs, each leading to its view. */
export function Runs({ runs, none, errors = false }: RunsProps) {
  if (runs.length === 0) return <p className="py-3 text-ink-soft">{none}</p>;
  return (
    <ul className="divide-y divide-line">
      {runs.map((run) => (
        <li key={run.id} className="py-2 first:pt-0 last:pb-0">
          <RunLine run={run} error={errors ? messageOf(run) : null} />
        </li>
      ))}
    </ul>
  );
}

function RunLine({ run, error }: { run: Run; error: string | null }) {
  const t = useTranslations("status");
  const executions = useTranslations("executions");
  return (
    <div className="flex items-start gap-2">
      <span className="mt-0.5">
        <StatusIcon status={run.status} />
        <span className="sr-only">{t(run.status)}</span>
      </span>
      <div className="min-w-0 flex-1">
        <Link
          href={`/executions/view?id=${run.id}`}
          className="block truncate font-medium hover:text-accent hover:underline"
        >
          {run.workflow_name ?? run.agent_name ?? executions("nameless")}
        </Link>
        {error && <p className="line-clamp-2 break-words text-bad text-xs">{error}</p>}
      </div>
      <span className="shrink-0 text-ink-soft text-xs">
        <When at={run.created_at} />
      </span>
    </div>
  );
}

function messageOf(run: Run): string | null {
  const message = run.error?.message;
  return typeof message === "string" ? message : null;
}
