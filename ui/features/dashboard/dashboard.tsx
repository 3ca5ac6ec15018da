"use client";

import { keepPreviousData, useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { useTranslations } from "next-intl";
import { type ReactNode, useState } from "react";
import { Field, Select } from "@/components/field";
import { Empty, Loaded } from "@/components/states";
import { Page } from "@/features/shell";
import { api, need, type Schemas } from "@/lib/api/client";
import { Chart } from "./chart";
import { Runs, useRuns } from "./runs";
import { Tiles } from "./tiles";

const WINDOWS = [24, 168, 720] as const;
const EVERY_MS = 5_000;

type Hours = (typeof WINDOWS)[number];

export function Dashboard() {
  const t = useTranslations("dashboard");
  const [hours, setHours] = useState<Hours>(24);
  const figures = useQuery({
    queryKey: ["executions", "statistics", hours],
    queryFn: () =>
      need(
        api.GET("/api/v1/executions/statistics", { params: { query: { window_hours: hours } } }),
      ),
    placeholderData: keepPreviousData,
    refetchInterval: EVERY_MS,
  });
  const latest = useRuns("latest", {}, EVERY_MS);
  return (
    <Page
      title={t("title")}
      lead={t("lead")}
      actions={<WindowChoice hours={hours} onChoose={setHours} />}
    >
      <Loaded query={latest}>
        {(runs) =>
          runs.length === 0 ? (
            <NothingYet />
          ) : (
            <>
              <Loaded query={figures}>{(found) => <Figures figures={found} />}</Loaded>
              <Lists latest={runs} />
            </>
          )
        }
      </Loaded>
    </Page>
  );
}

function WindowChoice({ hours, onChoose }: { hours: Hours; onChoose: (hours: Hours) => void }) {
  const t = useTranslations("dashboard");
  return (
    <Field label={t("window")}>
      {({ id }) => (
        <Select
          id={id}
          value={hours}
          onChange={(event) => onChoose(Number(event.target.value) as Hours)}
        >
          {WINDOWS.map((each) => (
            <option key={each} value={each}>
              {t(`hours${each}`)}
            </option>
          ))}
        </Select>
      )}
    </Field>
  );
}

function NothingYet() {
  const t = useTranslations("dashboard");
  return (
    <Empty title={t("empty")}>
      <p>{t("emptyHint")}</p>
      <Link
        href="/workflows"
        className="mt-4 inline-flex h-8 items-center rounded-md bg-accent px-3 font-medium text-[13px] text-accent-ink hover:brightness-110"
      >
        {t("toWorkflows")}
      </Link>
    </Empty>
  );
}

function Figures({ figures }: { figures: Schemas["Statistics"] }) {
  const t = useTranslations("dashboard");
  return (
    <>
      <Tiles figures={figures} />
      <Box title={t("chart")}>
        {figures.total === 0 ? (
          <p className="py-6 text-center text-ink-soft">{t("quiet")}</p>
        ) : (
          <Chart buckets={figures.buckets} hours={figures.window_hours} />
        )}
      </Box>
    </>
  );
}

function Lists({ latest }: { latest: Schemas["ExecutionOut"][] }) {
  const t = useTranslations("dashboard");
  const waiting = useRuns("waiting", { status: ["waiting", "paused"] }, EVERY_MS);
  const failed = useRuns("failed", { status: ["failed"] }, EVERY_MS);
  return (
    <div className="grid gap-4 lg:grid-cols-3">
      <Box title={t("waiting")} href="/executions?status=waiting&status=paused">
        <Loaded query={waiting}>{(runs) => <Runs runs={runs} none={t("noneWaiting")} />}</Loaded>
      </Box>
      <Box title={t("failures")} href="/executions?status=failed">
        <Loaded query={failed}>
          {(runs) => <Runs runs={runs} none={t("noneFailed")} errors />}
        </Loaded>
      </Box>
      <Box title={t("latest")} href="/executions">
        <Runs runs={latest} none={t("empty")} />
      </Box>
    </div>
  );
}

function Box({ title, href, children }: { title: string; href?: string; children: ReactNode }) {
  const t = useTranslations("dashboard");
  return (
    <section
      aria-label={title}
      className="mb-4 min-w-0 rounded-lg border border-line bg-surface p-4"
    >
      <div className="mb-3 flex items-center justify-between gap-2">
        <h2 className="font-semibold">{title}</h2>
        {href && (
          <Link
            href={href}
            aria-label={`${title}: ${t("all")}`}
            className="text-accent text-xs hover:underline"
          >
            {t("all")}
          </Link>
        )}
      </div>
      {children}
    </section>
  );
}
