"use client";

import { Save } from "lucide-react";
import { useSearchParams } from "next/navigation";
import { useTranslations } from "next-intl";
import { Tabs } from "radix-ui";
import type { FormEvent, ReactNode } from "react";
import { Button, ButtonLink } from "@/components/button";
import { Field, Select, TextField } from "@/components/field";
import { LeaveGuard } from "@/components/leave-guard";
import { Failure, Loaded } from "@/components/states";
import { useMayWrite } from "@/features/auth";
import { Page } from "@/features/shell";
import { type Trigger, useTrigger, useWorkflowChoices } from "./api";
import { type Draft, draftOf, newDraft } from "./draft";
import { EventPart } from "./event-part";
import { NextFirings } from "./next-firings";
import { viewPath } from "./paths";
import { SchedulePart } from "./schedule-part";
import { StartedPart } from "./started-part";
import { KINDS, type Kind } from "./types";
import { type Editor, useEditor } from "./use-editor";
import { WebhookPart } from "./webhook-part";

/** The editor of the trigger given by `?id=`, or of a new one of `?kind=` for `?workflow=`. */
export function TriggerEdit() {
  const t = useTranslations("triggers");
  const params = useSearchParams();
  const id = params.get("id") ?? "";
  const query = useTrigger(id);
  if (!id) {
    const kind = KINDS.find((each) => each === params.get("kind")) ?? "schedule";
    return <Room stored={null} first={newDraft(kind, params.get("workflow") ?? "")} />;
  }
  if (query.data) return <Room key={id} stored={query.data} first={draftOf(query.data)} />;
  return (
    <Page title={t("title")}>
      <Loaded query={query}>{() => null}</Loaded>
    </Page>
  );
}

function Room({ stored, first }: { stored: Trigger | null; first: Draft }) {
  const t = useTranslations("triggers");
  const editor = useEditor(stored, first);
  const mayWrite = useMayWrite();
  const { draft, takeTheirs } = editor;
  function submit(event: FormEvent): void {
    event.preventDefault();
    if (mayWrite && editor.ready) editor.save();
  }
  return (
    <form onSubmit={submit}>
      <Page
        title={editor.stored?.name ?? t("newOf", { kind: t(`kinds.${draft.kind}`) })}
        actions={<Actions editor={editor} mayWrite={mayWrite} />}
      >
        <LeaveGuard when={editor.dirty && !editor.busy && mayWrite} />
        {editor.error != null && (
          <div className="mb-4">
            <Failure error={editor.error} />
            {takeTheirs && (
              <Button className="mt-2" onClick={takeTheirs}>
                {t("takeTheirs")}
              </Button>
            )}
          </div>
        )}
        <div className="grid items-start gap-6 lg:grid-cols-[minmax(0,1fr)_24rem]">
          <div className="min-w-0 rounded-lg border border-line bg-surface p-4">
            <Common editor={editor} />
            <KindTabs kind={draft.kind} fixed={editor.stored !== null} onKind={editor.change}>
              <KindPart editor={editor} />
              <h2 className="mt-5 mb-2 border-line border-t pt-4 font-semibold text-base">
                {t("runPart")}
              </h2>
              <StartedPart
                key={`${draft.kind} ${editor.stored?.version}`}
                draft={draft}
                errors={editor.errors}
                onChange={(part) => editor.change({ started: { ...draft.started, ...part } })}
              />
            </KindTabs>
          </div>
          <Aside editor={editor} />
        </div>
      </Page>
    </form>
  );
}

function Actions({ editor, mayWrite }: { editor: Editor; mayWrite: boolean }) {
  const t = useTranslations("triggers");
  const common = useTranslations("common");
  const { stored, ready, busy } = editor;
  return (
    <>
      <ButtonLink href={stored ? viewPath(stored.id) : "/triggers"}>{common("cancel")}</ButtonLink>
      {mayWrite && (
        <Button type="submit" look="primary" busy={busy} disabled={!ready}>
          {!busy && <Save size={15} aria-hidden />}
          {stored ? common("save") : t("create")}
        </Button>
      )}
    </>
  );
}

/** Its name, and the workflow that it starts. */
function Common({ editor }: { editor: Editor }) {
  const t = useTranslations("triggers");
  const { draft, stored, errors, change } = editor;
  const workflows = useWorkflowChoices();
  const chosen = workflows.find(({ id }) => id === draft.workflowId);
  const unpublished = chosen && chosen.published_version === null;
  return (
    <div className="grid gap-x-3 sm:grid-cols-2">
      <TextField
        label={t("name")}
        error={errors.name}
        required
        maxLength={200}
        value={draft.name}
        onChange={({ target }) => change({ name: target.value })}
      />
      <Field
        label={t("workflow")}
        hint={unpublished ? t("unpublished") : t("workflowHint")}
        error={errors.workflow_id}
        required
      >
        {({ id, describedBy, invalid }) => (
          <Select
            id={id}
            aria-describedby={describedBy}
            aria-invalid={invalid || undefined}
            required
            disabled={stored !== null}
            value={draft.workflowId}
            onChange={({ target }) => change({ workflowId: target.value })}
          >
            <option value="">{t("chooseWorkflow")}</option>
            {draft.workflowId && !chosen && (
              <option value={draft.workflowId}>{stored?.workflow_name ?? draft.workflowId}</option>
            )}
            {workflows.map((workflow) => (
              <option key={workflow.id} value={workflow.id}>
                {workflow.name}
              </option>
            ))}
          </Select>
        )}
      </Field>
    </div>
  );
}

interface KindTabsProps {
  kind: Kind;
  /** Whether it is stored: one of another kind is another trigger. */
  fixed: boolean;
  onKind: (part: { kind: Kind }) => void;
  children: ReactNode;
}

function KindTabs({ kind, fixed, onKind, children }: KindTabsProps) {
  const t = useTranslations("triggers");
  if (fixed) return children;
  return (
    <Tabs.Root value={kind} onValueChange={(next) => onKind({ kind: next as Kind })}>
      <Tabs.List aria-label={t("kind")} className="mb-3 flex flex-wrap border-line border-b px-1">
        {KINDS.map((each) => (
          <Tabs.Trigger
            key={each}
            value={each}
            className="-mb-px border-transparent border-b-2 px-2 py-2 font-medium text-[13px] text-ink-soft data-[state=active]:border-accent data-[state=active]:text-ink"
          >
            {t(`kinds.${each}`)}
          </Tabs.Trigger>
        ))}
      </Tabs.List>
      {KINDS.map((each) => (
        <Tabs.Content key={each} value={each}>
          {each === kind && children}
        </Tabs.Content>
      ))}
    </Tabs.Root>
  );
}

function KindPart({ editor: { draft, errors, change } }: { editor: Editor }) {
  switch (draft.kind) {
    case "schedule":
      return (
        <SchedulePart
          schedule={draft.schedule}
          errors={errors}
          onChange={(part) => change({ schedule: { ...draft.schedule, ...part } })}
        />
      );
    case "webhook":
      return (
        <WebhookPart
          webhook={draft.webhook}
          errors={errors}
          onChange={(part) => change({ webhook: { ...draft.webhook, ...part } })}
        />
      );
    case "event":
      return (
        <EventPart
          event={draft.event}
          errors={errors}
          onChange={(part) => change({ event: { ...draft.event, ...part } })}
        />
      );
  }
}

/** What will come of it: the next firings of a schedule, and what the others do. */
function Aside({ editor: { draft, next } }: { editor: Editor }) {
  const t = useTranslations("triggers");
  if (draft.kind === "schedule") return <NextFirings {...next} />;
  return (
    <section aria-labelledby="what-it-does" className="rounded-lg bg-sunken p-4">
      <h2 id="what-it-does" className="mb-1 font-semibold text-base">
        {t("whatItDoes")}
      </h2>
      <p className="text-ink-soft">{t(`about.${draft.kind}`)}</p>
    </section>
  );
}
