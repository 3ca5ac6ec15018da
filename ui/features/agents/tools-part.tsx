"use client";

import { ChevronDown, Plus } from "lucide-react";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { Button } from "@/components/button";
import { Menu, MenuItem } from "@/components/menu";
import { nameProblem, newTool, SOURCES, type Source } from "./agent-tools";
import { ToolCard } from "./tool-card";
import { type AgentTool, changed, type PartProps } from "./types";

const MOST_TOOLS = 64;

/** What the model may call. */
export function ToolsPart({ settings, onChange, self }: PartProps & { self?: string | undefined }) {
  const t = useTranslations("agents");
  const tools = settings.tools ?? [];
  // By place: names are what people edit.
  const [open, setOpen] = useState<number | null>(null);
  const put = (next: AgentTool[]) =>
    onChange(changed(settings, { tools: next.length > 0 ? next : undefined }));
  function add(source: Source): void {
    put([...tools, newTool(source)]);
    setOpen(tools.length);
  }
  return (
    <>
      <p className="mb-3 text-ink-soft text-xs">{t("toolsHint")}</p>
      {tools.length === 0 && <p className="mb-3 text-ink-soft">{t("noTools")}</p>}
      <ul aria-label={t("tools")} className="space-y-2">
        {tools.map((tool, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: tools have no identity but their place while they are edited
          <li key={index}>
            <ToolCard
              tool={tool}
              self={self}
              problem={nameProblem(tools, index)}
              open={open === index}
              onOpen={(wanted) => setOpen(wanted ? index : null)}
              onChange={(next) => put(tools.map((each, at) => (at === index ? next : each)))}
              onRemove={() => {
                put(tools.filter((_each, at) => at !== index));
                setOpen(null);
              }}
            />
          </li>
        ))}
      </ul>
      {tools.length < MOST_TOOLS && (
        <div className="my-3">
          <Menu
            trigger={
              <Button>
                <Plus size={15} aria-hidden />
                {t("addTool")}
                <ChevronDown size={14} aria-hidden />
              </Button>
            }
          >
            {SOURCES.map((source) => (
              <MenuItem key={source} onSelect={() => add(source)}>
                {t(`sources.${source}`)}
              </MenuItem>
            ))}
          </Menu>
        </div>
      )}
    </>
  );
}
