"use client";

import { useFormatter, useTranslations } from "next-intl";
import type { Schemas } from "@/lib/api/client";
import { duration } from "@/lib/format";

interface Tile {
  name: string;
  value: string;
  look?: string;
}

/** The window's figures at a glance. */
export function Tiles({ figures }: { figures: Schemas["Statistics"] }) {
  const t = useTranslations("dashboard");
  const format = useFormatter();
  const count = (status: string) => figures.by_status[status] ?? 0;
  const live = count("pending") + count("running") + count("waiting") + count("paused");
  const rate = figures.success_rate;
  const tiles: Tile[] = [
    { name: t("total"), value: format.number(figures.total) },
    { name: t("live"), value: format.number(live), look: "text-run" },
    { name: t("completed"), value: format.number(count("completed")), look: "text-ok" },
    { name: t("failed"), value: format.number(count("failed")), look: "text-bad" },
    { name: t("successRate"), value: rate === null ? "—" : percent(format, rate) },
    { name: t("p50"), value: duration(figures.duration_p50_ms) },
    { name: t("p95"), value: duration(figures.duration_p95_ms) },
  ];
  return (
    <dl className="mb-4 grid grid-cols-2 gap-3 sm:grid-cols-4 xl:grid-cols-7">
      {tiles.map((tile) => (
        <div key={tile.name} className="rounded-lg border border-line bg-surface px-4 py-3">
          <dt className="text-ink-soft text-xs">{tile.name}</dt>
          <dd className={`mt-1 font-semibold text-xl tabular-nums ${tile.look ?? ""}`}>
            {tile.value}
          </dd>
        </div>
      ))}
    </dl>
  );
}

// 99.96 % of runs is not all of them.
function percent(format: ReturnType<typeof useFormatter>, rate: number): string {
  const shown = rate < 1 ? Math.min(rate, 0.999) : rate;
  return format.number(shown, { style: "percent", maximumFractionDigits: 1 });
}
