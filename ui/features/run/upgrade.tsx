import { useMutation, useQuery } from "@tanstack/react-query";
import { ArrowUpFromLine } from "lucide-react";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { Button } from "@/components/button";
import { Dialog } from "@/components/dialog";
import { SelectField } from "@/components/field";
import { Failure, Loaded } from "@/components/states";
import { say } from "@/components/toasts";
import { type GraphDocument, title } from "@/features/graph";
import { api, need, type Schemas } from "@/lib/api/client";
import { type Execution, runIsLive, useRun } from "./store";
import { useVersions, type Version } from "./versions";

type Report = Schemas["UpgradeReport"];

interface UpgradeProps {
  execution: Execution;
  document: GraphDocument;
}

/** Lets a run that goes on take up a newer version; nothing where there is none. */
export function Upgrade({ execution, document }: UpgradeProps) {
  const t = useTranslations("upgrade");
  const live = useRun(runIsLive);
  const [open, setOpen] = useState(false);
  const versions = useVersions(execution.workflow_id, live);
  const newer = versions.filter(({ version }) => version > (execution.workflow_version ?? 0));
  if (!live || newer.length === 0) return null;
  return (
    <>
      <Button onClick={() => setOpen(true)} title={t("hint")}>
        <ArrowUpFromLine size={14} aria-hidden />
        {t("open")}
      </Button>
      <Dialog open={open} onOpenChange={setOpen} title={t("title")} description={t("lead")}>
        <Choice
          execution={execution}
          document={document}
          versions={newer}
          onAccepted={() => setOpen(false)}
        />
      </Dialog>
    </>
  );
}

interface ChoiceProps extends UpgradeProps {
  versions: Version[];
  onAccepted: () => void;
}

function Choice({ execution, document, versions, onAccepted }: ChoiceProps) {
  const t = useTranslations("upgrade");
  const [version, setVersion] = useState(versions[0]?.version ?? 0);
  const path = { execution_id: execution.id };
  const report = useQuery({
    queryKey: ["upgrade", execution.id, version],
    // The run goes on while one reads.
    staleTime: 0,
    queryFn: () =>
      need(
        api.GET("/api/v1/executions/{execution_id}/upgrade", {
          params: { path, query: { version } },
        }),
      ),
  });
  const upgrading = useMutation({
    mutationFn: () =>
      need(
        api.POST("/api/v1/executions/{execution_id}/upgrade", {
          params: { path },
          body: { version },
        }),
      ),
    onSuccess: () => {
      say(t("accepted", { version }));
      onAccepted();
    },
    // Why it is refused now may not be what the report said.
    onError: () => report.refetch(),
  });
  return (
    <>
      <SelectField
        label={t("version")}
        value={version}
        onChange={(event) => {
          upgrading.reset();
          setVersion(Number(event.target.value));
        }}
      >
        {versions.map((each) => (
          <option key={each.version} value={each.version}>
            {t("option", { version: String(each.version), comment: each.comment ?? "none" })}
          </option>
        ))}
      </SelectField>
      <Loaded query={report}>{(found) => <Findings report={found} document={document} />}</Loaded>
      {upgrading.error && (
        <div className="mt-3">
          <Failure error={upgrading.error} />
        </div>
      )}
      <div className="mt-4 flex justify-end">
        <Button
          look="primary"
          busy={upgrading.isPending}
          disabled={report.data?.possible !== true}
          onClick={() => upgrading.mutate()}
        >
          {t("confirm", { version })}
        </Button>
      </div>
    </>
  );
}

const GROUPS = ["kept", "waiting", "changed", "added", "removed"] as const;

interface FindingsProps {
  report: Report;
  document: GraphDocument;
}

/** Whether the run can go on with the version, and what becomes of each node. */
function Findings({ report, document }: FindingsProps) {
  const t = useTranslations("upgrade");
  const version = report.to_version;
  const names = new Map(document.nodes.map((node) => [node.key, title(node)]));
  const named = (key: string) => names.get(key) ?? key;
  return (
    <div aria-live="polite" data-possible={report.possible}>
      {report.possible ? (
        <p className="rounded-md bg-ok-soft px-3 py-2 text-ok">{t("possible", { version })}</p>
      ) : (
        <div className="rounded-md bg-bad-soft px-3 py-2 text-bad">
          <p className="font-medium">{t("impossible", { version })}</p>
          <ul className="mt-1 list-disc pl-5">
            {(report.reasons ?? []).map(({ code, message, node_key }) => (
              <li key={`${code} ${node_key}`} className="break-words">
                {node_key && <b className="font-medium">{named(node_key)}: </b>}
                {message}
              </li>
            ))}
          </ul>
        </div>
      )}
      <dl className="mt-3 grid grid-cols-[auto_1fr] gap-x-4 gap-y-1 text-[13px]">
        {GROUPS.map((group) => (
          <div key={group} className="contents">
            <dt className="text-ink-soft">{t(`groups.${group}`)}</dt>
            <dd className="min-w-0 break-words">
              {(report[group] ?? []).map(named).join(", ") || t("none")}
            </dd>
          </div>
        ))}
      </dl>
    </div>
  );
}
