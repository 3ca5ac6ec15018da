import { useQuery } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { useMemo } from "react";
import { Loaded } from "@/components/states";
import { isLive, type Status } from "@/components/status";
import { api, need, type Schemas } from "@/lib/api/client";
import { duration } from "@/lib/format";
import { place, type Stretch, stretches } from "./timeline-scale";

type Timeline = Schemas["Timeline"];
type Bar = Schemas["Bar"];

const COLOURS: Record<Status, string> = {
  pending: "bg-line-strong",
  running: "bg-run",
  waiting: "bg-wait",
  paused: "bg-wait",
  completed: "bg-ok",
  failed: "bg-bad",
  cancelled: "bg-line-strong",
  skipped: "bg-line",
};
const SHOWN_BARS = 500;

interface RunTimelineProps {
  id: string;
  status: Status | undefined;
  onSelect: (key: string, nodeId: string) => void;
}

/** When each attempt ran; long waits are folded. */
export function RunTimeline({ id, status, onSelect }: RunTimelineProps) {
  const timeline = useQuery({
    // Another status, another timeline: what was read before the run ended is not its whole.
    queryKey: ["timeline", id, status],
    placeholderData: (before) => before,
    queryFn: () =>
      need(
        api.GET("/api/v1/executions/{execution_id}/timeline", {
          params: { path: { execution_id: id } },
        }),
      ),
    refetchInterval: status && isLive(status) ? 2_000 : false,
  });
  return (
    <Loaded query={timeline}>{(data) => <Chart timeline={data} onSelect={onSelect} />}</Loaded>
  );
}

function Chart({
  timeline,
  onSelect,
}: {
  timeline: Timeline;
  onSelect: RunTimelineProps["onSelect"];
}) {
  const t = useTranslations("run");
  const bars = timeline.bars.filter((bar) => bar.offset_ms !== null);
  const total = useMemo(() => wholeLength(timeline, bars), [timeline, bars]);
  const parts = useMemo(
    () =>
      stretches(
        bars.map((bar) => asSpan(bar, total)),
        total,
      ),
    [bars, total],
  );
  if (bars.length === 0) return <p className="p-4 text-ink-soft">{t("noTimeline")}</p>;
  return (
    <div className="min-w-[36rem] px-4 py-2">
      <Axis parts={parts} />
      <ul aria-label={t("timeline")}>
        {bars.slice(0, SHOWN_BARS).map((bar) => (
          <Row key={bar.id} bar={bar} parts={parts} total={total} onSelect={onSelect} />
        ))}
      </ul>
      {bars.length > SHOWN_BARS && (
        <p className="text-ink-soft">{t("moreBars", { count: bars.length - SHOWN_BARS })}</p>
      )}
    </div>
  );
}

function wholeLength(timeline: Timeline, bars: Bar[]): number {
  const sofar = timeline.started_at ? Date.now() - Date.parse(timeline.started_at) : 0;
  const ends = bars.map((bar) => (bar.offset_ms ?? 0) + (bar.duration_ms ?? 0));
  return Math.max(timeline.duration_ms ?? sofar, ...ends, 1);
}

const WAITS = new Set<string>(["delay", "event", "parallel", "loop"]);

function asSpan(bar: Bar, total: number) {
  const from = bar.offset_ms ?? 0;
  // A container only waits for its body, which has bars of its own.
  const waits = WAITS.has(bar.node_type);
  return { from, to: bar.duration_ms === null ? total : from + bar.duration_ms, waits };
}

function Axis({ parts }: { parts: Stretch[] }) {
  const t = useTranslations("run");
  return (
    <div className="ml-52 flex border-line border-b pb-1 text-[11px] text-ink-soft">
      {parts.map((part) => (
        <span
          key={part.from}
          className={`overflow-hidden whitespace-nowrap ${part.folded ? "bg-sunken text-center" : ""}`}
          style={{ width: `${(part.right - part.left) * 100}%` }}
          title={part.folded ? t("folded", { time: duration(part.to - part.from) }) : undefined}
        >
          {part.folded ? "⋯" : duration(part.from)}
        </span>
      ))}
    </div>
  );
}

interface RowProps {
  bar: Bar;
  parts: Stretch[];
  total: number;
  onSelect: RunTimelineProps["onSelect"];
}

function Row({ bar, parts, total, onSelect }: RowProps) {
  const { from, to } = asSpan(bar, total);
  const left = place(parts, from) * 100;
  const width = Math.max(place(parts, to) * 100 - left, 0.3);
  const label = `${bar.name || bar.node_key}${bar.path ? ` [${bar.path}]` : ""}${bar.attempt > 1 ? ` #${bar.attempt}` : ""}`;
  return (
    <li>
      <button
        type="button"
        onClick={() => onSelect(bar.node_key, bar.id)}
        className="flex w-full items-center py-0.5 text-left hover:bg-sunken"
        title={`${label}: ${duration(bar.duration_ms)}`}
      >
        <span className="w-52 shrink-0 truncate pr-2 text-xs">{label}</span>
        <span className="relative h-3.5 flex-1">
          <span
            className={`absolute inset-y-0 rounded-sm ${COLOURS[bar.status]}`}
            style={{ left: `${left}%`, width: `${Math.min(width, 100 - left)}%` }}
          />
        </span>
        <span className="w-16 shrink-0 pl-2 text-right text-[11px] text-ink-soft">
          {duration(bar.duration_ms)}
        </span>
      </button>
    </li>
  );
}
