"use client";

import { useQuery } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { SelectField } from "@/components/field";
import { SearchBox } from "@/components/search-box";
import { StatusIcon } from "@/components/status";
import { api, need } from "@/lib/api/client";
import { type Filters, STATUSES, TRIGGERS } from "./filters";

interface ListFiltersProps {
  filters: Filters;
  onChange: (filters: Filters) => void;
}

export function ListFilters({ filters, onChange }: ListFiltersProps) {
  const t = useTranslations("executions");
  return (
    <search className="mb-2 block">
      <div className="grid gap-x-3 sm:grid-cols-[minmax(12rem,2fr)_minmax(10rem,1fr)_auto]">
        <SearchBox
          value={filters.text}
          hint={t("searchHint")}
          onSearch={(text) => onChange({ ...filters, text })}
        />
        <WorkflowField
          value={filters.workflow}
          onChange={(workflow) => onChange({ ...filters, workflow })}
        />
        <SelectField
          label={t("trigger")}
          value={filters.trigger}
          onChange={(event) =>
            onChange({ ...filters, trigger: event.target.value as Filters["trigger"] })
          }
        >
          <option value="">{t("any")}</option>
          {TRIGGERS.map((trigger) => (
            <option key={trigger} value={trigger}>
              {t(`triggers.${trigger}`)}
            </option>
          ))}
        </SelectField>
      </div>
      <StatusField filters={filters} onChange={onChange} />
    </search>
  );
}

function StatusField({ filters, onChange }: ListFiltersProps) {
  const t = useTranslations("executions");
  const names = useTranslations("status");
  const toggled = (status: (typeof STATUSES)[number]) =>
    filters.status.includes(status)
      ? filters.status.filter((each) => each !== status)
      : [...filters.status, status];
  return (
    <fieldset className="mb-3">
      <legend className="mb-1 font-medium text-[13px]">{t("status")}</legend>
      <div className="flex flex-wrap gap-1.5">
        {STATUSES.map((status) => (
          <label
            key={status}
            className="inline-flex cursor-pointer items-center gap-1.5 rounded-full border border-line bg-surface px-2.5 py-1 text-xs has-[:checked]:border-accent has-[:checked]:bg-accent-soft has-[:focus-visible]:outline-2 has-[:focus-visible]:outline-accent"
          >
            <input
              type="checkbox"
              className="sr-only"
              checked={filters.status.includes(status)}
              onChange={() => onChange({ ...filters, status: toggled(status) })}
            />
            <StatusIcon status={status} size={13} />
            {names(status)}
          </label>
        ))}
      </div>
    </fieldset>
  );
}

interface WorkflowFieldProps {
  value: string;
  onChange: (workflow: string) => void;
}

function WorkflowField({ value, onChange }: WorkflowFieldProps) {
  const t = useTranslations("executions");
  const { data = [] } = useQuery({
    queryKey: ["workflows", "names"],
    queryFn: () =>
      need(api.GET("/api/v1/workflows", { params: { query: { sort: "name", limit: 100 } } })),
    select: ({ items }) => items,
  });
  // One that is deleted, or beyond the first hundred, can still be in the address.
  const unknown = value !== "" && !data.some((workflow) => workflow.id === value);
  return (
    <SelectField
      label={t("workflow")}
      value={value}
      onChange={(event) => onChange(event.target.value)}
    >
      <option value="">{t("any")}</option>
      {unknown && <option value={value}>{value}</option>}
      {data.map((workflow) => (
        <option key={workflow.id} value={workflow.id}>
          {workflow.name}
        </option>
      ))}
    </SelectField>
  );
}
