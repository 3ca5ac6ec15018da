import { useQuery, useQueryClient } from "@tanstack/react-query";
import { ExternalLink } from "lucide-react";
import { useTranslations } from "next-intl";
import { Tabs } from "radix-ui";
import { type ReactNode, useState } from "react";
import { Select } from "@/components/field";
import { Failure, Loading } from "@/components/states";
import { StatusBadge } from "@/components/status";
import { When } from "@/components/when";
import { APPROVALS, ApprovalCard } from "@/features/approvals";
import type { Json } from "@/features/graph";
import { api, need } from "@/lib/api/client";
import type { Approval } from "@/lib/api/events";
import { TRIAL_FIXES } from "@/lib/fixes";
import { between, duration } from "@/lib/format";
import { ChildRun } from "./child-run";
import { hasRun } from "./children";
import { ValueView } from "./data";
import { RunLogs } from "./logs";
import { attemptsOf, comparePaths, type Execution, type NodeRun, useRun } from "./store";
import { Undoing } from "./undoing";

/** A node of the graph, or a turn or call of an agent's run. */
export interface SelectedNode {
  key: string;
  name: string;
  /** Whether it may be an agent's run. */
  talks: boolean;
}

interface RunInspectorProps {
  node: SelectedNode | undefined;
  /** All runs below this one. */
  runs: Execution[];
  /** What this run itself asks people. */
  asked: Approval[];
  attemptId: string | null;
  onAttempt: (id: string) => void;
}

export function RunInspector({ node, ...rest }: RunInspectorProps) {
  const t = useTranslations("run");
  const width = node?.talks ? "w-[30rem] max-xl:w-96" : "w-96";
  return (
    <aside
      aria-label={t("details")}
      className={`${width} shrink-0 overflow-auto border-line border-l bg-surface p-4 max-lg:w-72`}
    >
      {node ? <NodeDetails key={node.key} node={node} {...rest} /> : <RunDetails />}
    </aside>
  );
}

function Part({ heading, children }: { heading: string; children: ReactNode }) {
  return (
    <section aria-label={heading} className="mt-4">
      <h3 className="mb-1 font-medium text-[13px]">{heading}</h3>
      {children}
    </section>
  );
}

function RunDetails() {
  const t = useTranslations("run");
  const execution = useRun((state) => state.execution);
  const whole = useWholeExecution(execution);
  if (!execution) return null;
  const shown = whole ?? execution;
  return (
    <>
      <h2 className="font-semibold">{t("run")}</h2>
      <p className="mt-1 text-ink-soft text-xs">{t("selectNode")}</p>
      {execution.error && <ErrorBox error={execution.error} />}
      <Part heading={t("output")}>
        <ValueView key={String(whole !== undefined)} value={shown.output as Json} />
      </Part>
      <Part heading={t("input")}>
        <ValueView key={String(whole !== undefined)} value={shown.input as Json} />
      </Part>
    </>
  );
}

/** The run with values that were too large for the stream. */
function useWholeExecution(execution: Execution | null): Execution | undefined {
  return useQuery({
    queryKey: ["execution", execution?.id, execution?.status],
    enabled: execution?.truncated === true,
    queryFn: () =>
      need(
        api.GET("/api/v1/executions/{execution_id}", {
          params: { path: { execution_id: execution?.id ?? "" } },
        }),
      ),
  }).data;
}

interface NodeDetailsProps extends RunInspectorProps {
  node: SelectedNode;
}

function NodeDetails({ node, runs, asked: waiting, attemptId, onAttempt }: NodeDetailsProps) {
  const t = useTranslations("run");
  // The store's maps change in place: the revision tells that they did.
  useRun((state) => state.revision);
  const attempts = attemptsOf(useRun.getState(), node.key);
  const [path, setPath] = useState<string | null>(null);
  const asked = attempts.find((each) => each.id === attemptId);
  const shownPath = asked?.path ?? path ?? interesting(attempts)?.path ?? "";
  const here = attempts.filter((each) => each.path === shownPath);
  const shown = asked ?? here.at(-1);
  const passes = new Set(attempts.map((each) => each.path)).size;
  const data = (
    <>
      {shown && <Attempt key={shown.id} attempt={shown} />}
      {here.length > 1 && <Attempts here={here} shown={shown} onAttempt={onAttempt} />}
      <Part heading={t("logs")}>
        <RunLogs nodeKey={node.key} path={passes > 1 ? shownPath : null} />
      </Part>
    </>
  );
  const first = attempts[0];
  const child = { nodeKey: node.key, attempts, shown, runs, onAttempt, talks: node.talks };
  return (
    <>
      <h2 className="truncate font-semibold">{node.name}</h2>
      <p className="font-mono text-ink-soft text-xs">{node.key}</p>
      {attempts.length === 0 && <p className="mt-3 text-ink-soft">{t("notReached")}</p>}
      <Undoing nodeKey={node.key} path={shownPath} />
      {!node.talks && <Asked approvals={waiting.filter((each) => each.node_key === node.key)} />}
      {passes > 1 && (
        <Passes
          attempts={attempts}
          value={shownPath}
          onPass={(next) => {
            const last = attempts.filter((each) => each.path === next).at(-1);
            setPath(next);
            if (last) onAttempt(last.id);
          }}
        />
      )}
      {first && hasRun(first) && node.talks ? (
        <TalkOrData talk={<ChildRun {...child} />} data={data} />
      ) : (
        <>
          {first && hasRun(first) && <ChildRun {...child} />}
          {data}
        </>
      )}
    </>
  );
}

/** What the node asks people, to be decided in place. */
function Asked({ approvals }: { approvals: Approval[] }) {
  const queries = useQueryClient();
  return approvals.map((approval) => (
    <div key={approval.id} className="mt-3 rounded-md border border-wait p-2">
      <ApprovalCard
        approval={approval}
        onChange={() => void queries.invalidateQueries({ queryKey: APPROVALS })}
      />
    </div>
  ));
}

/** What an agent said, and what went into it and came out. */
function TalkOrData({ talk, data }: { talk: ReactNode; data: ReactNode }) {
  const t = useTranslations("run");
  return (
    <Tabs.Root defaultValue="transcript" className="mt-3">
      <Tabs.List aria-label={t("nodeViews")} className="flex gap-1 border-line border-b">
        {(["transcript", "data"] as const).map((tab) => (
          <Tabs.Trigger
            key={tab}
            value={tab}
            className="-mb-px border-transparent border-b-2 px-2 py-1.5 text-[13px] text-ink-soft data-[state=active]:border-accent data-[state=active]:text-ink"
          >
            {t(`nodeView.${tab}`)}
          </Tabs.Trigger>
        ))}
      </Tabs.List>
      <Tabs.Content value="transcript">{talk}</Tabs.Content>
      <Tabs.Content value="data">{data}</Tabs.Content>
    </Tabs.Root>
  );
}

interface PassesProps {
  attempts: NodeRun[];
  value: string;
  onPass: (path: string) => void;
}

function Passes({ attempts, value, onPass }: PassesProps) {
  const t = useTranslations("run");
  const paths = [...new Set(attempts.map((each) => each.path))].sort(comparePaths);
  return (
    <label className="mt-3 flex items-center gap-2">
      <span className="whitespace-nowrap text-[13px]">{t("pass")}</span>
      <Select value={value} onChange={(event) => onPass(event.target.value)}>
        {paths.map((each) => (
          <option key={each} value={each}>
            {each} · {attempts.filter((one) => one.path === each).at(-1)?.status}
          </option>
        ))}
      </Select>
    </label>
  );
}

interface AttemptsProps {
  here: NodeRun[];
  shown: NodeRun | undefined;
  onAttempt: (id: string) => void;
}

function Attempts({ here, shown, onAttempt }: AttemptsProps) {
  const t = useTranslations("run");
  return (
    <Part heading={t("attempts")}>
      <ol className="space-y-1">
        {here.map((each) => (
          <li key={each.id}>
            <button
              type="button"
              aria-pressed={each.id === shown?.id}
              onClick={() => onAttempt(each.id)}
              className="flex w-full items-center gap-2 rounded px-2 py-1 text-left hover:bg-sunken aria-pressed:bg-accent-soft"
            >
              #{each.attempt} <StatusBadge status={each.status} />
              <span className="min-w-0 truncate text-xs">{String(each.error?.message ?? "")}</span>
            </button>
          </li>
        ))}
      </ol>
    </Part>
  );
}

/** The pass to show first: one that failed, else one that runs, else the first. */
function interesting(attempts: NodeRun[]): NodeRun | undefined {
  return (
    attempts.find((each) => each.status === "failed") ??
    attempts.find((each) => each.status === "running") ??
    attempts[0]
  );
}

function Attempt({ attempt }: { attempt: NodeRun }) {
  const t = useTranslations("run");
  const execution = useRun((state) => state.execution);
  const whole = useQuery({
    queryKey: ["attempt", attempt.id, attempt.status],
    enabled: attempt.truncated === true && execution !== null,
    queryFn: () =>
      need(
        api.GET("/api/v1/executions/{execution_id}/nodes/{node_id}", {
          params: { path: { execution_id: execution?.id ?? "", node_id: attempt.id } },
        }),
      ),
  });
  if (whole.isLoading) return <Loading />;
  if (whole.error) return <Failure error={whole.error} />;
  const shown = whole.data ?? attempt;
  return (
    <>
      <p className="mt-3 flex flex-wrap items-center gap-x-3 gap-y-1 text-xs">
        <StatusBadge status={attempt.status} />
        <When at={attempt.started_at} />
        <span>{duration(between(attempt.started_at ?? null, attempt.ended_at ?? null))}</span>
        {attempt.temporal.url && (
          <a
            href={attempt.temporal.url}
            target="_blank"
            rel="noreferrer"
            className="inline-flex items-center gap-1 text-accent underline"
          >
            {t("temporalEvent", { event: attempt.temporal.scheduled_event_id })}
            <ExternalLink size={12} aria-hidden />
          </a>
        )}
      </p>
      {attempt.reason && <p className="mt-2 text-ink-soft">{attempt.reason}</p>}
      {attempt.error && <ErrorBox error={attempt.error} />}
      <Part heading={t("output")}>
        <ValueView value={shown.output as Json} />
      </Part>
      <Part heading={t("input")}>
        <ValueView value={shown.input as Json} />
      </Part>
    </>
  );
}

const FIXES = new Set([
  "AddressBlocked",
  "ConnectionFailed",
  "ExpressionFailed",
  "HttpStatus",
  "InvalidInput",
  "InvalidOutput",
  "PayloadTooLarge",
  "ResourceLimit",
  "SandboxUnavailable",
  "Timeout",
  "UserCodeError",
]);

function ErrorBox({ error }: { error: Record<string, unknown> }) {
  const t = useTranslations("run");
  const code = String(error.code ?? "");
  const trial = useTranslations("trial");
  const place = [error.node_key, error.path].filter(Boolean).join(" ");
  return (
    <div role="alert" className="mt-3 rounded-md bg-bad-soft p-3 text-bad">
      <p className="break-words font-medium">{String(error.message ?? code)}</p>
      <p className="mt-1 text-xs">
        <code>{code}</code>
        {place && ` · ${place}`}
      </p>
      <p className="mt-2 text-xs">
        {FIXES.has(code)
          ? t(`fix.${code as "Timeout"}`)
          : TRIAL_FIXES.has(code)
            ? trial(`fix.${code as "Timeout"}`)
            : t("fix.other")}
      </p>
    </div>
  );
}
