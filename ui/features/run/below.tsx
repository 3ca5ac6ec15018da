import { useTranslations } from "next-intl";
import { Tabs } from "radix-ui";
import { RunLogs } from "./logs";
import { useRun } from "./store";
import { RunTimeline } from "./timeline";

interface BelowProps {
  id: string;
  onSelect: (key: string, attempt: string) => void;
}

/** When everything ran, and what it said. */
export function Below({ id, onSelect }: BelowProps) {
  const t = useTranslations("run");
  const status = useRun((state) => state.execution?.status);
  return (
    <Tabs.Root
      defaultValue="timeline"
      className="flex h-64 shrink-0 flex-col border-line border-t bg-surface"
    >
      <Tabs.List aria-label={t("below")} className="flex gap-1 border-line border-b px-3">
        {(["timeline", "logs"] as const).map((tab) => (
          <Tabs.Trigger
            key={tab}
            value={tab}
            className="-mb-px border-transparent border-b-2 px-2 py-1.5 text-[13px] text-ink-soft data-[state=active]:border-accent data-[state=active]:text-ink"
          >
            {t(tab)}
          </Tabs.Trigger>
        ))}
      </Tabs.List>
      <Tabs.Content value="timeline" className="min-h-0 flex-1 overflow-auto">
        <RunTimeline id={id} status={status} onSelect={onSelect} />
      </Tabs.Content>
      <Tabs.Content value="logs" className="min-h-0 flex-1 overflow-auto p-3">
        <RunLogs />
      </Tabs.Content>
    </Tabs.Root>
  );
}
