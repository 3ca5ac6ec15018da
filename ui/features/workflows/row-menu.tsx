"use client";

import { useQueryClient } from "@tanstack/react-query";
import { EllipsisVertical } from "lucide-react";
import { useRouter } from "next/navigation";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { Confirm } from "@/components/dialog";
import { Menu, MenuItem, MenuLine } from "@/components/menu";
import { complain, say } from "@/components/toasts";
import { useMayWrite } from "@/features/auth";
import { Problem } from "@/lib/api/problem";
import {
  duplicate,
  editPath,
  remove,
  runPath,
  saveYaml,
  start,
  WORKFLOWS,
  type Workflow,
} from "./actions";
import { Rename } from "./rename";

interface RowMenuProps {
  workflow: Workflow;
  onDeleted: (workflow: Workflow) => void;
}

export function RowMenu({ workflow, onDeleted }: RowMenuProps) {
  const t = useTranslations("workflows");
  const common = useTranslations("common");
  const mayWrite = useMayWrite();
  const [asked, setAsked] = useState<"rename" | "delete" | null>(null);
  const { open, run, triggers, copy, save, discard } = useRowActions(workflow, onDeleted);
  const trigger = (
    <button
      type="button"
      aria-label={t("actionsOf", { name: workflow.name })}
      className="inline-flex size-8 items-center justify-center rounded-md text-ink-soft hover:bg-sunken hover:text-ink"
    >
      <EllipsisVertical size={16} aria-hidden />
    </button>
  );
  return (
    <>
      <Menu trigger={trigger}>
        <MenuItem onSelect={open}>{t("open")}</MenuItem>
        <MenuItem onSelect={run} disabled={!mayWrite}>
          {t("run")}
        </MenuItem>
        <MenuItem onSelect={triggers}>{t("triggers")}</MenuItem>
        <MenuItem onSelect={save}>{t("exportYaml")}</MenuItem>
        <MenuLine />
        <MenuItem onSelect={() => setAsked("rename")} disabled={!mayWrite}>
          {common("rename")}
        </MenuItem>
        <MenuItem onSelect={copy} disabled={!mayWrite}>
          {t("duplicate")}
        </MenuItem>
        <MenuItem onSelect={() => setAsked("delete")} disabled={!mayWrite} danger>
          {common("delete")}
        </MenuItem>
      </Menu>
      {asked === "rename" && <Rename workflow={workflow} onClose={() => setAsked(null)} />}
      <Confirm
        open={asked === "delete"}
        onOpenChange={() => setAsked(null)}
        title={t("deleteTitle", { name: workflow.name })}
        action={common("delete")}
        danger
        onConfirm={discard}
      >
        {t("deleteText")}
      </Confirm>
    </>
  );
}

function useRowActions(workflow: Workflow, onDeleted: (workflow: Workflow) => void) {
  const t = useTranslations("workflows");
  const router = useRouter();
  const queries = useQueryClient();
  const listAgain = () => queries.invalidateQueries({ queryKey: WORKFLOWS });

  function explain(error: unknown): void {
    const unpublished = error instanceof Problem && error.code === "WORKFLOW_NOT_PUBLISHED";
    if (unpublished) say(t("unpublished", { name: workflow.name }), true);
    else complain(error);
  }

  async function copy(): Promise<void> {
    const made = await duplicate(workflow);
    say(t("duplicated", { name: made.name }));
    await listAgain();
  }

  async function discard(): Promise<void> {
    try {
      await remove(workflow);
      onDeleted(workflow);
      await listAgain();
    } catch (error) {
      complain(error);
    }
  }

  return {
    open: () => router.push(editPath(workflow.id)),
    run: () =>
      void start(workflow.id, {})
        .then(({ id }) => router.push(runPath(id)))
        .catch(explain),
    triggers: () => router.push(`/triggers?workflow=${workflow.id}`),
    copy: () => void copy().catch(complain),
    save: () => void saveYaml(workflow).catch(complain),
    discard,
  };
}
