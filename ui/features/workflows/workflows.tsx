"use client";

import { FileInput, Plus, Sparkles } from "lucide-react";
import { useRouter } from "next/navigation";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { Button } from "@/components/button";
import { LoadMore } from "@/components/load-more";
import { Empty, Loaded } from "@/components/states";
import { useMayWrite } from "@/features/auth";
import { Drafting, useDraftAddress } from "@/features/drafts";
import { Page } from "@/features/shell";
import { editPath, importText, type Workflow } from "./actions";
import { Create } from "./create";
import { Filters } from "./filters";
import { Gallery } from "./gallery";
import { Import } from "./import";
import { List } from "./list";
import { ANY, type Filter, useWorkflows } from "./query";
import { Undo } from "./undo";

export function Workflows() {
  const t = useTranslations("workflows");
  const [filter, setFilter] = useState<Filter>(ANY);
  const [deleted, setDeleted] = useState<Workflow | null>(null);
  const query = useWorkflows(filter);
  const filtered = filter.text !== "" || filter.published !== "";
  return (
    <Page title={t("title")} lead={t("lead")} actions={<Actions />}>
      <Undo workflow={deleted} onDone={() => setDeleted(null)} />
      <Loaded query={query}>
        {(workflows) =>
          workflows.length === 0 && !filtered && !query.isPlaceholderData ? (
            <Welcome />
          ) : (
            <>
              <Filters filter={filter} onChange={setFilter} />
              {workflows.length > 0 ? (
                <List workflows={workflows} onDeleted={setDeleted} />
              ) : (
                <Empty title={t("noMatch")}>
                  <Button onClick={() => setFilter(ANY)}>{t("clearFilters")}</Button>
                </Empty>
              )}
              <LoadMore query={query} />
              <Gallery />
            </>
          )
        }
      </Loaded>
    </Page>
  );
}

function Welcome() {
  const t = useTranslations("workflows");
  return (
    <>
      <section className="rounded-lg border border-line bg-accent-soft p-5">
        <h2 className="font-semibold text-base">{t("welcome")}</h2>
        <p className="mt-1 max-w-prose">{t("welcomeHint")}</p>
      </section>
      <Gallery />
    </>
  );
}

function Actions() {
  const t = useTranslations("workflows");
  const [open, setOpen] = useState<"create" | "import" | "draft" | null>(null);
  const [draftId, nameDraft] = useDraftAddress();
  const router = useRouter();
  const close = () => setOpen(null);
  if (!useMayWrite()) return null;
  return (
    <>
      <Button onClick={() => setOpen("import")}>
        <FileInput size={16} aria-hidden />
        {t("import")}
      </Button>
      <Button onClick={() => setOpen("draft")}>
        <Sparkles size={16} aria-hidden />
        {t("fromText")}
      </Button>
      <Button look="primary" onClick={() => setOpen("create")}>
        <Plus size={16} aria-hidden />
        {t("new")}
      </Button>
      {open === "create" && <Create onClose={close} />}
      {open === "import" && <Import onClose={close} />}
      {(open === "draft" || draftId !== null) && (
        <Drafting
          draftId={draftId}
          onDraft={(id) => {
            setOpen("draft");
            nameDraft(id);
          }}
          onAccept={async (document) => {
            const { id } = await importText(JSON.stringify(document), "rename");
            router.push(editPath(id));
          }}
          onClose={() => {
            close();
            if (draftId !== null) nameDraft(null);
          }}
        />
      )}
    </>
  );
}
