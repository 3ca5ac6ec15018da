"use client";

import { useTranslations } from "next-intl";
import { SelectField } from "@/components/field";
import { SearchBox } from "@/components/search-box";
import { type Filter, SORTS } from "./query";

const SORT_NAMES = {
  "-updated_at": "byUpdate",
  "-created_at": "byCreation",
  name: "byName",
} as const;

interface FiltersProps {
  filter: Filter;
  onChange: (filter: Filter) => void;
}

export function Filters({ filter, onChange }: FiltersProps) {
  const t = useTranslations("workflows");
  return (
    <search className="grid gap-x-3 sm:grid-cols-[minmax(12rem,1fr)_auto_auto]">
      <SearchBox
        value={filter.text}
        hint={t("searchHint")}
        onSearch={(text) => onChange({ ...filter, text })}
      />
      <SelectField
        label={t("published")}
        value={filter.published}
        onChange={(event) =>
          onChange({ ...filter, published: event.target.value as Filter["published"] })
        }
      >
        <option value="">{t("any")}</option>
        <option value="yes">{t("onlyPublished")}</option>
        <option value="no">{t("onlyDrafts")}</option>
      </SelectField>
      <SelectField
        label={t("sort")}
        value={filter.sort}
        onChange={(event) => onChange({ ...filter, sort: event.target.value as Filter["sort"] })}
      >
        {SORTS.map((sort) => (
          <option key={sort} value={sort}>
            {t(SORT_NAMES[sort])}
          </option>
        ))}
      </SelectField>
    </search>
  );
}
