import { useMutation, useQueryClient } from "@tanstack/react-query";
import Link from "next/link";
import { useLocale, useTranslations } from "next-intl";
import { Switch } from "@/components/switch";
import { Table } from "@/components/table";
import { complain } from "@/components/toasts";
import { When } from "@/components/when";
import { useMayWrite } from "@/features/auth";
import { inSeconds, unitOf } from "./amount";
import { pauseTrigger, resumeTrigger, TRIGGERS, type Trigger } from "./api";
import { viewPath } from "./paths";
import { cronInWords } from "./words";

export function TriggerList({ triggers }: { triggers: Trigger[] }) {
  const t = useTranslations("triggers");
  const head = [t("name"), t("workflow"), t("kind"), t("next"), t("last"), t("active")];
  return (
    <Table label={t("title")} head={head}>
      {triggers.map((trigger) => (
        <Row key={trigger.id} trigger={trigger} />
      ))}
    </Table>
  );
}

function Row({ trigger }: { trigger: Trigger }) {
  const t = useTranslations("triggers");
  const summary = useSummary(trigger);
  return (
    <tr data-trigger={trigger.name}>
      <td className="w-full max-w-0">
        <Link
          href={viewPath(trigger.id)}
          className="block truncate font-medium text-accent hover:underline"
        >
          {trigger.name}
        </Link>
        <p className="truncate text-ink-soft text-xs">{summary}</p>
      </td>
      <td className="max-w-56 truncate">{trigger.workflow_name}</td>
      <td className="whitespace-nowrap">{t(`kinds.${trigger.config.type}`)}</td>
      <td>
        <When at={trigger.is_active ? trigger.next_run_at : null} />
      </td>
      <td>
        <When at={trigger.last_run_at} />
      </td>
      <td>
        <Active trigger={trigger} />
      </td>
    </tr>
  );
}

function Active({ trigger }: { trigger: Trigger }) {
  const t = useTranslations("triggers");
  const queries = useQueryClient();
  const mayWrite = useMayWrite();
  const turning = useMutation({
    mutationFn: (on: boolean) => (on ? resumeTrigger(trigger.id) : pauseTrigger(trigger.id, null)),
    onError: complain,
    onSettled: () => queries.invalidateQueries({ queryKey: TRIGGERS }),
  });
  return (
    <Switch
      label={t("activeOf", { name: trigger.name })}
      checked={turning.isPending ? turning.variables : trigger.is_active}
      disabled={!mayWrite || turning.isPending}
      onChange={turning.mutate}
    />
  );
}

/** What a trigger waits for, in a few words. */
export function useSummary({ config }: Pick<Trigger, "config">): string {
  const t = useTranslations("triggers");
  const locale = useLocale();
  if (config.type === "webhook") return t(`verifications.${config.verification}`);
  if (config.type === "event")
    return config.key ? t("eventWithKey", { name: config.event, key: config.key }) : config.event;
  const { cron, every_seconds, at, time_zone: zone } = config;
  if (cron) return t("cronIn", { cron: cronInWords(cron, locale) ?? cron, zone });
  if (every_seconds) {
    const unit = unitOf(every_seconds);
    return t(`everyFor.${unit}`, { count: every_seconds / inSeconds(1, unit) });
  }
  return t("onceAt", {
    at: at ? new Date(at).toLocaleString(locale, { timeZone: zone }) : "",
    zone,
  });
}
