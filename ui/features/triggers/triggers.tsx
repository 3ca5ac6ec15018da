"use client";

import { CalendarClock, ChevronDown, Megaphone, Plus, RadioTower, Webhook } from "lucide-react";
import Link from "next/link";
import { usePathname, useRouter, useSearchParams } from "next/navigation";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { Button, ButtonLink } from "@/components/button";
import { SelectField } from "@/components/field";
import { LoadMore } from "@/components/load-more";
import { Menu, MenuItem } from "@/components/menu";
import { SearchBox } from "@/components/search-box";
import { Empty, Loaded } from "@/components/states";
import { useMayWrite } from "@/features/auth";
import { Page } from "@/features/shell";
import { type Filter, useTriggers, useWorkflowChoices } from "./api";
import { TriggerList } from "./list";
import { newPath } from "./paths";
import { PublishEvent } from "./publish-event";
import { KINDS, type Kind } from "./types";

export const ICONS = { schedule: CalendarClock, webhook: Webhook, event: RadioTower } as const;

/** What starts workflows by itself; of one workflow with `?workflow=`. */
export function Triggers() {
  const t = useTranslations("triggers");
  const [filter, narrow] = useFilter();
  const query = useTriggers(filter);
  const filtered = filter.text !== "" || filter.kind !== "" || filter.workflow !== "";
  return (
    <Page title={t("title")} lead={t("lead")} actions={<Actions workflow={filter.workflow} />}>
      <Filters filter={filter} onChange={narrow} />
      <Loaded query={query}>
        {(triggers) =>
          triggers.length > 0 ? (
            <TriggerList triggers={triggers} />
          ) : (
            <Nothing filtered={filtered} workflow={filter.workflow} />
          )
        }
      </Loaded>
      <LoadMore query={query} />
    </Page>
  );
}

/** Which triggers are listed: the workflow is in the address, for others link to it. */
function useFilter() {
  const params = useSearchParams();
  const path = usePathname();
  const router = useRouter();
  const [rest, setRest] = useState<Omit<Filter, "workflow">>({ text: "", kind: "" });
  const workflow = params.get("workflow") ?? "";
  function narrow({ workflow: next, ...others }: Filter): void {
    setRest(others);
    if (next === workflow) return;
    const query = next && `?${new URLSearchParams({ workflow: next })}`;
    router.replace(`${path}${query}`, { scroll: false });
  }
  return [{ ...rest, workflow }, narrow] as const;
}

interface FiltersProps {
  filter: Filter;
  onChange: (filter: Filter) => void;
}

function Filters({ filter, onChange }: FiltersProps) {
  const t = useTranslations("triggers");
  const workflows = useWorkflowChoices();
  const unknown = filter.workflow !== "" && !workflows.some(({ id }) => id === filter.workflow);
  return (
    <search className="grid gap-x-3 sm:grid-cols-[minmax(12rem,1fr)_minmax(10rem,16rem)_auto]">
      <SearchBox
        value={filter.text}
        hint={t("searchHint")}
        onSearch={(text) => onChange({ ...filter, text })}
      />
      <SelectField
        label={t("workflow")}
        value={filter.workflow}
        onChange={({ target }) => onChange({ ...filter, workflow: target.value })}
      >
        <option value="">{t("any")}</option>
        {unknown && <option value={filter.workflow}>{filter.workflow}</option>}
        {workflows.map((workflow) => (
          <option key={workflow.id} value={workflow.id}>
            {workflow.name}
          </option>
        ))}
      </SelectField>
      <SelectField
        label={t("kind")}
        value={filter.kind}
        onChange={({ target }) => onChange({ ...filter, kind: target.value as Kind | "" })}
      >
        <option value="">{t("any")}</option>
        {KINDS.map((kind) => (
          <option key={kind} value={kind}>
            {t(`kinds.${kind}`)}
          </option>
        ))}
      </SelectField>
    </search>
  );
}

function Actions({ workflow }: { workflow: string }) {
  const t = useTranslations("triggers");
  const router = useRouter();
  const [publishing, setPublishing] = useState(false);
  if (!useMayWrite()) return null;
  const trigger = (
    <Button look="primary">
      <Plus size={16} aria-hidden />
      {t("new")}
      <ChevronDown size={14} aria-hidden />
    </Button>
  );
  return (
    <>
      <Button onClick={() => setPublishing(true)}>
        <Megaphone size={15} aria-hidden />
        {t("publish")}
      </Button>
      <Menu trigger={trigger}>
        {KINDS.map((kind) => (
          <MenuItem key={kind} onSelect={() => router.push(newPath(kind, workflow))}>
            {t(`kinds.${kind}`)}
          </MenuItem>
        ))}
      </Menu>
      {publishing && <PublishEvent name="" onClose={() => setPublishing(false)} />}
    </>
  );
}

/** What triggers are, and a way to the first one of each kind. */
function Nothing({ filtered, workflow }: { filtered: boolean; workflow: string }) {
  const t = useTranslations("triggers");
  const mayWrite = useMayWrite();
  return (
    <Empty title={t(filtered ? "noMatch" : "empty")}>
      <p className="mx-auto max-w-prose">{t("emptyText")}</p>
      {mayWrite && (
        <ul className="mx-auto mt-5 grid max-w-4xl gap-3 text-left sm:grid-cols-3">
          {KINDS.map((kind) => {
            const Icon = ICONS[kind];
            return (
              <li key={kind} className="flex flex-col rounded-lg border border-line bg-surface p-4">
                <p className="mb-3 flex-1">{t(`about.${kind}`)}</p>
                <ButtonLink href={newPath(kind, workflow)}>
                  <Icon size={15} aria-hidden />
                  {t(`make.${kind}`)}
                </ButtonLink>
              </li>
            );
          })}
        </ul>
      )}
      {filtered && (
        <p className="mt-4">
          <Link href="/triggers" className="text-accent hover:underline">
            {t("showAll")}
          </Link>
        </p>
      )}
    </Empty>
  );
}
