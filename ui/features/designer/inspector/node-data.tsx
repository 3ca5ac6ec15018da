import { useMutation } from "@tanstack/react-query";
import { FlaskConical, Pin, PinOff, StepForward } from "lucide-react";
import Link from "next/link";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { Button } from "@/components/button";
import { JsonView } from "@/components/json-view";
import { Failure } from "@/components/states";
import { StatusBadge } from "@/components/status";
import { JsonText, useScope } from "@/features/forms";
import {
  type GraphNode,
  isPreviewable,
  type Json,
  type JsonObject,
  undoneKeys,
  useCatalog,
} from "@/features/graph";
import { lastAttempts, pinSample, useLastRun, useSamples } from "../last-run";
import { useRunFrom } from "../run-dialog";
import { runNode, SecretInData } from "../run-node";
import { useDesigner } from "../store";

interface NodeDataProps {
  id: string;
  node: GraphNode;
}

/** What went through the node last, what it is taken to give, and trying it alone. */
export function NodeData({ node }: NodeDataProps) {
  const t = useTranslations("designer");
  const workflowId = useDesigner((state) => state.workflowId);
  const { data: run } = useLastRun(workflowId);
  const attempt = lastAttempts(run).get(node.key);
  return (
    <>
      <TryNode node={node} />
      <Sample node={node} last={attempt?.output as Json | undefined} />
      <section aria-label={t("lastRun")}>
        <h3 className="mb-1 font-medium text-[13px]">{t("lastRun")}</h3>
        {!attempt && <p className="text-ink-soft text-xs">{t("neverRan")}</p>}
        {attempt && run && (
          <>
            <p className="mb-2 flex items-center gap-2">
              <StatusBadge status={attempt.status} />
              <Link className="text-accent underline" href={`/executions/view?id=${run.id}`}>
                {t("openRun")}
              </Link>
            </p>
            <h4 className="text-ink-soft text-xs">{t("input")}</h4>
            <JsonView value={attempt.input as Json} />
            <h4 className="mt-2 text-ink-soft text-xs">{t("output")}</h4>
            <JsonView value={(attempt.error ?? attempt.output) as Json} />
          </>
        )}
      </section>
    </>
  );
}

function TryNode({ node }: { node: GraphNode }) {
  const t = useTranslations("designer");
  const { values } = useScope();
  const runFrom = useRunFrom();
  const { data: catalog } = useCatalog();
  const undoes = useDesigner((state) => undoneKeys(state.nodes).has(node.key));
  const kind = catalog?.tools.find((each) => each.kind === node.config?.kind);
  const test = useMutation({ mutationFn: () => runNode(node, values, kind?.templated ?? []) });
  return (
    <section aria-label={t("tryNode")} className="mb-4">
      <div className="flex flex-wrap gap-2">
        {isPreviewable(node) && (
          <Button busy={test.isPending} onClick={() => test.mutate()}>
            <FlaskConical size={14} aria-hidden />
            {t("tryNode")}
          </Button>
        )}
        {!node.parent && node.type !== "trigger" && !undoes && (
          <Button busy={runFrom.isPending} onClick={() => runFrom.mutate(node.key)}>
            <StepForward size={14} aria-hidden />
            {t("runFromHere")}
          </Button>
        )}
      </div>
      <div aria-live="polite" className="mt-2">
        {runFrom.error && <Failure error={runFrom.error} />}
        {test.error && (
          <Failure
            error={test.error instanceof SecretInData ? new Error(t("secretInData")) : test.error}
          />
        )}
        {test.data && (
          <>
            <p className={`mb-1 text-xs ${test.data.ok ? "text-ok" : "text-bad"}`}>
              {test.data.ok ? t("tryOk") : t("tryFailed")}
            </p>
            <JsonView value={test.data.shown} />
            {test.data.logs.length > 0 && (
              <pre className="mt-1 max-h-40 overflow-auto rounded bg-sunken p-2 text-xs">
                {test.data.logs.join("\n")}
              </pre>
            )}
            {test.data.ok && (
              <Button className="mt-1" onClick={() => pinSample(node.key, test.data.shown)}>
                <Pin size={14} aria-hidden />
                {t("pinThis")}
              </Button>
            )}
          </>
        )}
      </div>
    </section>
  );
}

function Sample({ node, last }: { node: GraphNode; last: Json | undefined }) {
  const t = useTranslations("designer");
  const pinned = useSamples((state) => state.outputs[node.key]);
  const [editing, setEditing] = useState(false);
  return (
    <section aria-label={t("sample")} className="mb-4">
      <h3 className="mb-1 font-medium text-[13px]">{t("sample")}</h3>
      <p className="mb-2 text-ink-soft text-xs">{t("sampleHint")}</p>
      {pinned !== undefined || editing ? (
        <>
          <JsonText
            label={t("sample")}
            value={pinned}
            onChange={(value) => pinSample(node.key, value)}
          />
          <Button
            className="mt-1"
            onClick={() => {
              pinSample(node.key, undefined);
              setEditing(false);
            }}
          >
            <PinOff size={14} aria-hidden />
            {t("unpin")}
          </Button>
        </>
      ) : (
        <Button
          onClick={() => {
            pinSample(node.key, last ?? ({} as JsonObject));
            setEditing(true);
          }}
        >
          <Pin size={14} aria-hidden />
          {last === undefined ? t("pinEmpty") : t("pinLast")}
        </Button>
      )}
    </section>
  );
}
