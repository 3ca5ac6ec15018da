"use client";

import Link from "next/link";
import { useTranslations } from "next-intl";
import { Origin } from "@/components/origin";
import { isLive, StatusBadge } from "@/components/status";
import { Table } from "@/components/table";
import { When } from "@/components/when";
import { between, duration } from "@/lib/format";
import type { Run } from "./filters";

type Selected = ReadonlySet<string>;

interface ListTableProps {
  runs: Run[];
  selected: Selected;
  /** Null for those who may only look. */
  onSelect: ((selected: Selected) => void) | null;
}

export function ListTable({ runs, selected, onSelect }: ListTableProps) {
  const t = useTranslations("executions");
  const head = [
    t("status"),
    t("workflow"),
    t("id"),
    t("trigger"),
    t("tags"),
    t("started"),
    t("duration"),
  ];
  const all = onSelect && <All key="all" runs={runs} selected={selected} onSelect={onSelect} />;
  return (
    <Table label={t("title")} head={all ? [all, ...head] : head}>
      {runs.map((run) => (
        <Row
          key={run.id}
          run={run}
          selected={selected.has(run.id)}
          onToggle={onSelect && (() => onSelect(toggled(selected, run.id)))}
        />
      ))}
    </Table>
  );
}

function toggled(selected: Selected, id: string): Selected {
  const next = new Set(selected);
  if (!next.delete(id)) next.add(id);
  return next;
}

interface AllProps {
  runs: Run[];
  selected: Selected;
  onSelect: (selected: Selected) => void;
}

function All({ runs, selected, onSelect }: AllProps) {
  const t = useTranslations("executions");
  const count = runs.filter((run) => selected.has(run.id)).length;
  const every = count === runs.length;
  return (
    <input
      type="checkbox"
      aria-label={t("selectAll")}
      className="accent-accent"
      checked={every}
      ref={(box) => {
        if (box) box.indeterminate = count > 0 && !every;
      }}
      onChange={() => onSelect(new Set(every ? [] : runs.map((run) => run.id)))}
    />
  );
}

interface RowProps {
  run: Run;
  selected: boolean;
  onToggle: (() => void) | null;
}

function Row({ run, selected, onToggle }: RowProps) {
  const t = useTranslations("executions");
  const name = run.workflow_name ?? run.agent_name ?? t("nameless");
  return (
    <tr className={selected ? "bg-accent-soft" : ""}>
      {onToggle && (
        <td>
          <input
            type="checkbox"
            aria-label={t("select", { name, id: short(run.id) })}
            className="accent-accent"
            checked={selected}
            onChange={onToggle}
          />
        </td>
      )}
      <td>
        <StatusBadge status={run.status} />
      </td>
      <td className="max-w-64 truncate" title={name}>
        {name}
      </td>
      <td>
        <Link
          href={`/executions/view?id=${run.id}`}
          title={run.id}
          className="font-mono text-accent text-xs hover:underline"
        >
          {short(run.id)}
        </Link>
      </td>
      <td className="whitespace-nowrap">
        {t(`triggers.${run.trigger_type}`)}
        <Origin run={run} className="block max-w-40 truncate" />
      </td>
      <td>
        <Tags tags={run.tags} />
      </td>
      <td>
        <When at={run.started_at} />
      </td>
      <td className="whitespace-nowrap tabular-nums">{duration(lasted(run))}</td>
    </tr>
  );
}

function Tags({ tags }: { tags: string[] }) {
  return (
    <ul className="flex flex-wrap gap-1">
      {tags.map((tag) => (
        <li key={tag} className="max-w-40 truncate rounded bg-sunken px-1.5 py-0.5 text-xs">
          {tag}
        </li>
      ))}
    </ul>
  );
}

// The ids are time-ordered: runs of one hour begin alike, and differ at the end.
function short(id: string): string {
  return id.slice(-8);
}

function lasted({ status, started_at, ended_at }: Run): number | null {
  return ended_at || isLive(status) ? between(started_at, ended_at) : null;
}
