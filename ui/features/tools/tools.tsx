"use client";

import { Plus } from "lucide-react";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { Button } from "@/components/button";
import { Field, Select } from "@/components/field";
import { LoadMore } from "@/components/load-more";
import { SearchBox } from "@/components/search-box";
import { Empty, Failure, Loaded } from "@/components/states";
import { useMayWrite } from "@/features/auth";
import { Page } from "@/features/shell";
import { type Builtin, KINDS, type Kind, type Tool, useTools } from "./api";
import { Builtins } from "./builtins";
import { Delete } from "./delete";
import { ToolForm } from "./tool-form";
import { ToolList } from "./tool-list";
import { TryOut } from "./try-out";

type Asked =
  | { what: "create"; from: Builtin | null }
  | { what: "edit" | "delete" | "try"; tool: Tool };

export function Tools() {
  const t = useTranslations("tools");
  const mayWrite = useMayWrite();
  const [text, setText] = useState("");
  const [kind, setKind] = useState<Kind | "">("");
  const [asked, setAsked] = useState<Asked | null>(null);
  const [refused, setRefused] = useState<unknown>(null);
  const query = useTools(text, kind);
  const create = mayWrite && (
    <Button look="primary" onClick={() => setAsked({ what: "create", from: null })}>
      <Plus size={16} aria-hidden />
      {t("new")}
    </Button>
  );
  function ask(what: "edit" | "delete" | "try", tool: Tool): void {
    setRefused(null);
    setAsked({ what, tool });
  }
  return (
    <Page title={t("title")} lead={t("lead")} actions={create}>
      <Filters text={text} onText={setText} kind={kind} onKind={setKind} />
      {refused !== null && (
        <div className="mb-4">
          <Failure error={refused} />
        </div>
      )}
      <Loaded query={query}>
        {(tools) =>
          tools.length > 0 ? (
            <ToolList tools={tools} onAsk={ask} />
          ) : (
            <Empty title={t(text || kind ? "noMatch" : "empty")}>{t("emptyHint")}</Empty>
          )
        }
      </Loaded>
      <LoadMore query={query} />
      <Builtins onUse={mayWrite ? (from) => setAsked({ what: "create", from }) : null} />
      <Asking asked={asked} onClose={() => setAsked(null)} onRefused={setRefused} />
    </Page>
  );
}

interface AskingProps {
  asked: Asked | null;
  onClose: () => void;
  onRefused: (error: unknown) => void;
}

function Asking({ asked, onClose, onRefused }: AskingProps) {
  if (!asked) return null;
  if (asked.what === "create") {
    return <ToolForm tool={null} builtin={asked.from} onClose={onClose} />;
  }
  const { tool } = asked;
  if (asked.what === "edit") return <ToolForm tool={tool} builtin={null} onClose={onClose} />;
  if (asked.what === "try") return <TryOut tool={tool} onClose={onClose} />;
  return <Delete tool={tool} onClose={onClose} onRefused={onRefused} />;
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
      <Field label={t("kind")}>
        {({ id }) => (
          <Select
            id={id}
            value={kind}
            onChange={(event) => onKind(event.target.value as Kind | "")}
          >
            <option value="">{t("any")}</option>
            {KINDS.map((each) => (
              <option key={each} value={each}>
                {t(`kinds.${each}`)}
              </option>
            ))}
          </Select>
        )}
      </Field>
    </search>
  );
}
