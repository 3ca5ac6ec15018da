"use client";

import { useFormatter, useTranslations } from "next-intl";
import type { Schemas } from "@/lib/api/client";

type Bucket = Schemas["Bucket"];

const PARTS = ["completed", "failed", "other"] as const;
const FILLS = { completed: "fill-ok", failed: "fill-bad", other: "fill-line-strong" };
const DOTS = { completed: "bg-ok", failed: "bg-bad", other: "bg-line-strong" };
const STEP = 10;
const BAR = 8;
const HEIGHT = 100;
const HOURS_OF_DAY_CHART = 48;

type Counts = Record<(typeof PARTS)[number], number>;

function countsOf({ by_status }: Bucket): Counts {
  const all = Object.values(by_status).reduce((sum, count) => sum + count, 0);
  const { completed = 0, failed = 0 } = by_status;
  return { completed, failed, other: all - completed - failed };
}

function sum(counts: Counts): number {
  return counts.completed + counts.failed + counts.other;
}

function useMoment(hours: number): (iso: string) => string {
  const format = useFormatter();
  return (iso) =>
    format.dateTime(
      new Date(iso),
      hours <= HOURS_OF_DAY_CHART
        ? { hour: "2-digit", minute: "2-digit" }
        : { month: "short", day: "numeric", hour: "2-digit" },
    );
}

/** Runs over time, as bars stacked by how they ended. */
export function Chart({ buckets, hours }: { buckets: Bucket[]; hours: number }) {
  const t = useTranslations("dashboard");
  const moment = useMoment(hours);
  const bars = buckets.map((bucket) => ({ start: bucket.start, counts: countsOf(bucket) }));
  const most = Math.max(1, ...bars.map((bar) => sum(bar.counts)));
  const total = (part: keyof Counts) => bars.reduce((all, bar) => all + bar.counts[part], 0);
  const totals = { completed: total("completed"), failed: total("failed"), other: total("other") };
  return (
    <div>
      <div className="flex gap-2">
        <Scale most={most} />
        <svg
          role="img"
          aria-label={t("chartSummary", { ...totals, most })}
          viewBox={`0 0 ${bars.length * STEP} ${HEIGHT}`}
          preserveAspectRatio="none"
          className="h-36 min-w-0 flex-1 border-line border-b"
        >
          {bars.map((bar, index) => (
            <Bar
              key={bar.start}
              x={index * STEP}
              counts={bar.counts}
              most={most}
              title={t("bar", { time: moment(bar.start), ...bar.counts })}
            />
          ))}
        </svg>
      </div>
      <div className="mt-1 flex justify-between pl-8 text-ink-soft text-xs">
        <span>{bars[0] && moment(bars[0].start)}</span>
        <span>{t("now")}</span>
      </div>
      <Legend totals={totals} />
    </div>
  );
}

function Scale({ most }: { most: number }) {
  return (
    <div
      className="flex w-6 flex-col justify-between text-right text-ink-soft text-xs tabular-nums"
      aria-hidden
    >
      <span>{most}</span>
      <span>0</span>
    </div>
  );
}

interface BarProps {
  x: number;
  counts: Counts;
  most: number;
  title: string;
}

function Bar({ x, counts, most, title }: BarProps) {
  let top = HEIGHT;
  return (
    <g className="hover:opacity-80">
      <title>{title}</title>
      <rect x={x} y={0} width={STEP} height={HEIGHT} fill="transparent" />
      {PARTS.map((part) => {
        const height = (counts[part] / most) * HEIGHT;
        top -= height;
        return (
          <rect
            key={part}
            x={x + (STEP - BAR) / 2}
            y={top}
            width={BAR}
            height={height}
            className={FILLS[part]}
          />
        );
      })}
    </g>
  );
}

function Legend({ totals }: { totals: Counts }) {
  const t = useTranslations("dashboard");
  return (
    <ul className="mt-2 flex flex-wrap gap-4 pl-8 text-xs">
      {PARTS.map((part) => (
        <li key={part} className="flex items-center gap-1.5">
          <span className={`size-2.5 rounded-sm ${DOTS[part]}`} aria-hidden />
          {t(part)} <span className="text-ink-soft tabular-nums">{totals[part]}</span>
        </li>
      ))}
    </ul>
  );
}
