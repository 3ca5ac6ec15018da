"use client";

import { ChevronDown, Plus } from "lucide-react";
import { useRouter } from "next/navigation";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { Button } from "@/components/button";
import { SelectField } from "@/components/field";
import { Menu, MenuItem } from "@/components/menu";
import { RoomTabs } from "@/components/room-tabs";
import { SearchBox } from "@/components/search-box";
import { useMayWrite } from "@/features/auth";
import { List } from "@/features/registry";
import { Page } from "@/features/shell";
import { KINDS, type Kind, useTools } from "./api";
import { Builtins } from "./builtins";
import { REGISTRY } from "./registry";

export function Tools() {
  const t = useTranslations("tools");
  const mcp = useTranslations("mcp");
  const router = useRouter();
  const mayWrite = useMayWrite();
  const [text, setText] = useState("");
  const [kind, setKind] = useState<Kind | "">("");
  const query = useTools(text, kind);
  function make(what: Record<string, string>): void {
    router.push(`/tools/edit?${new URLSearchParams(what)}`);
  }
  return (
    <Page title={t("title")} lead={t("lead")} actions={mayWrite && <NewTool onKind={make} />}>
      <RoomTabs
        label={t("rooms")}
        tabs={[
          { href: "/tools", name: t("title") },
          { href: "/tools/mcp", name: mcp("title") },
        ]}
      />
      <Filters text={text} onText={setText} kind={kind} onKind={setKind} />
      <List
        registry={REGISTRY}
        query={query}
        filtered={text !== "" || kind !== ""}
        columns={[t("kind")]}
        cells={(tool) => <td className="whitespace-nowrap">{t(`kinds.${tool.tool_type}`)}</td>}
      />
      <Builtins onUse={mayWrite ? ({ name }) => make({ kind: "builtin", builtin: name }) : null} />
    </Page>
  );
}

/** A new tool of a kind. */
function NewTool({ onKind }: { onKind: (what: { kind: Kind }) => void }) {
  const t = useTranslations("tools");
  const trigger = (
    <Button look="primary">
      <Plus size={16} aria-hidden />
      {t("new")}
      <ChevronDown size={14} aria-hidden />
    </Button>
  );
  return (
    <Menu trigger={trigger}>
      {KINDS.map((kind) => (
        <MenuItem key={kind} onSelect={() => onKind({ kind })}>
          {t(`kinds.${kind}`)}
        </MenuItem>
      ))}
    </Menu>
  );
}

interface FiltersProps {
  text: string;
  onText: (text: string) => void;
  kind: Kind | "";
  onKind: (kind: Kind | "") => void;
}

function Filters({ text, onText, kind, onKind }: FiltersProps) {
  const t = useTranslations("tools");
  return (
    <search className="grid gap-x-3 sm:grid-cols-[minmax(12rem,1fr)_auto]">
      <SearchBox value={text} onSearch={onText} hint={t("searchHint")} />
      <SelectField
        label={t("kind")}
        value={kind}
        onChange={(event) => onKind(event.target.value as Kind | "")}
      >
        <option value="">{t("any")}</option>
        {KINDS.map((each) => (
          <option key={each} value={each}>
            {t(`kinds.${each}`)}
          </option>
        ))}
      </SelectField>
    </search>
  );
}
