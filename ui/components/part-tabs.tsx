import { Tabs } from "radix-ui";
import type { ReactNode } from "react";

interface PartTabsProps {
  label: string;
  parts: { name: string; title: ReactNode; content: ReactNode }[];
}

/** The parts of what is edited, one at a time; the first one first. */
export function PartTabs({ label, parts }: PartTabsProps) {
  return (
    <Tabs.Root defaultValue={parts[0]?.name}>
      <Tabs.List aria-label={label} className="mb-3 flex flex-wrap border-line border-b px-1">
        {parts.map(({ name, title }) => (
          <Tabs.Trigger
            key={name}
            value={name}
            className="-mb-px border-transparent border-b-2 px-2 py-2 font-medium text-[13px] text-ink-soft data-[state=active]:border-accent data-[state=active]:text-ink"
          >
            {title}
          </Tabs.Trigger>
        ))}
      </Tabs.List>
      {parts.map(({ name, content }) => (
        <Tabs.Content key={name} value={name}>
          {content}
        </Tabs.Content>
      ))}
    </Tabs.Root>
  );
}
