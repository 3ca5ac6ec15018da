"use client";

import { useQueryClient } from "@tanstack/react-query";
import { useRouter, useSearchParams } from "next/navigation";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { Delete } from "@/components/delete";
import { Empty, Loaded } from "@/components/states";
import { Page } from "@/features/shell";
import { Actions, type Asked } from "./actions";
import { deleteTrigger, TRIGGERS, type Trigger, usePreview, useTrigger } from "./api";
import { Backfill } from "./backfill";
import { Deliveries } from "./deliveries";
import { Facts } from "./facts";
import { Fire } from "./fire";
import { History } from "./history";
import { useSummary } from "./list";
import { NextFirings } from "./next-firings";
import { Pause } from "./pause";
import { PublishEvent } from "./publish-event";
import { TestRequest } from "./test-request";
import type { ScheduleConfig, WebhookConfig } from "./types";
import { WayIn } from "./way-in";

/** One trigger, given by `?id=`: how it stands, and what it did. */
export function TriggerView() {
  const t = useTranslations("triggers");
  const id = useSearchParams().get("id") ?? "";
  const query = useTrigger(id);
  if (query.data) return <Room key={id} trigger={query.data} />;
  return (
    <Page title={t("title")}>
      {id ? <Loaded query={query}>{() => null}</Loaded> : <Empty title={t("noTrigger")} />}
    </Page>
  );
}

function Room({ trigger }: { trigger: Trigger }) {
  const [asked, setAsked] = useState<Asked | null>(null);
  const summary = useSummary(trigger);
  const { config } = trigger;
  return (
    <Page
      title={trigger.name}
      lead={summary}
      actions={<Actions trigger={trigger} onAsk={setAsked} />}
    >
      <Facts trigger={trigger} />
      {config.type === "webhook" && <WebhookRooms trigger={trigger} config={config} />}
      <div
        className={`mt-6 grid items-start gap-6 ${config.type === "schedule" ? "lg:grid-cols-[minmax(0,1fr)_24rem]" : ""}`}
      >
        <History trigger={trigger} />
        {config.type === "schedule" && <Next config={config} active={trigger.is_active} />}
      </div>
      <Asking asked={asked} trigger={trigger} onClose={() => setAsked(null)} />
    </Page>
  );
}

function WebhookRooms({ trigger, config }: { trigger: Trigger; config: WebhookConfig }) {
  return (
    <>
      <div className="mt-6 grid items-start gap-6 lg:grid-cols-2">
        <WayIn url={trigger.url ?? ""} config={config} />
        <TestRequest trigger={trigger} />
      </div>
      <Deliveries trigger={trigger} />
    </>
  );
}

function Next({ config, active }: { config: ScheduleConfig; active: boolean }) {
  const t = useTranslations("triggers");
  const preview = usePreview(config, active);
  if (!active) return <Empty title={t("pausedNext")} />;
  return <NextFirings preview={preview.data} error={preview.error} known={active} />;
}

interface AskingProps {
  asked: Asked | null;
  trigger: Trigger;
  onClose: () => void;
}

function Asking({ asked, trigger, onClose }: AskingProps) {
  const router = useRouter();
  const queries = useQueryClient();
  const { config } = trigger;
  switch (asked) {
    case "pause":
      return <Pause trigger={trigger} onClose={onClose} />;
    case "fire":
      return <Fire trigger={trigger} onClose={onClose} />;
    case "backfill":
      return config.type === "schedule" ? (
        <Backfill id={trigger.id} zone={config.time_zone} onClose={onClose} />
      ) : null;
    case "publish":
      return config.type === "event" ? (
        <PublishEvent name={config.event} eventKey={config.key ?? ""} onClose={onClose} />
      ) : null;
    case "delete":
      return (
        <Delete
          words="triggers"
          name={trigger.name}
          queryKey={[...TRIGGERS, "list"]}
          remove={() => deleteTrigger(trigger)}
          onClose={onClose}
          onDone={() => {
            queries.removeQueries({ queryKey: [...TRIGGERS, "one", trigger.id] });
            router.push("/triggers");
          }}
        />
      );
    default:
      return null;
  }
}
