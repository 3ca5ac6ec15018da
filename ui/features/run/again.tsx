import { useMutation } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { Button } from "@/components/button";
import { Select } from "@/components/field";
import { Failure } from "@/components/states";
import { JsonText } from "@/features/forms";
import { type GraphDocument, type Json, title } from "@/features/graph";
import { api, need } from "@/lib/api/client";
import { againFrom, repeatedEffects } from "./repeated";
import { type Execution, useRun } from "./store";

interface AgainFormProps {
  execution: Execution;
  workflowId: string;
  document: GraphDocument;
}

/** Run again: from the beginning, or from a node with the outputs recorded before it. */
export function AgainForm({ execution, workflowId, document }: AgainFormProps) {
  const t = useTranslations("run");
  const router = useRouter();
  const [from, setFrom] = useState(() => firstFailed(document));
  const [input, setInput] = useState<Json | undefined>(execution.input as Json);
  const start = useMutation({
    mutationFn: () => (from === "" ? whole(execution, workflowId, input) : partly(execution, from)),
    onSuccess: (started) => router.push(`/executions/view?id=${started.id}`),
  });
  const rerun = againFrom(document, from);
  const effects = repeatedEffects(document, rerun, useRun.getState().byKey);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        start.mutate();
      }}
    >
      <label className="block">
        <span className="mb-1 block font-medium text-[13px]">{t("from")}</span>
        <Select value={from} onChange={(event) => setFrom(event.target.value)}>
          <option value="">{t("fromStart")}</option>
          {document.nodes
            .filter((node) => !node.parent && node.type !== "trigger")
            .map((node) => (
              <option key={node.key} value={node.key}>
                {title(node)}
              </option>
            ))}
        </Select>
      </label>
      {from === "" && (
        <div className="mt-3">
          <p className="mb-1 font-medium text-[13px]">{t("input")}</p>
          <JsonText label={t("input")} value={input} onChange={setInput} />
        </div>
      )}
      <div className="mt-3 rounded-md bg-wait-soft p-3 text-[13px] text-wait" aria-live="polite">
        {effects.length === 0 ? (
          t("noEffects")
        ) : (
          <>
            <p className="font-medium">{t("effects")}</p>
            <ul className="mt-1 list-disc pl-5">
              {effects.map(({ node, times }) => (
                <li key={node.key}>{t("effect", { node: title(node), times })}</li>
              ))}
            </ul>
          </>
        )}
      </div>
      {start.error && (
        <div className="mt-3">
          <Failure error={start.error} />
        </div>
      )}
      <div className="mt-4 flex justify-end">
        <Button type="submit" look="primary" busy={start.isPending}>
          {t("again")}
        </Button>
      </div>
    </form>
  );
}

function firstFailed(document: GraphDocument): string {
  const { looks } = useRun.getState();
  return (
    document.nodes.find((node) => !node.parent && looks.get(node.key)?.status === "failed")?.key ??
    ""
  );
}

function whole(execution: Execution, workflowId: string, input: Json | undefined) {
  return need(
    api.POST("/api/v1/workflows/{workflow_id}/executions", {
      params: { path: { workflow_id: workflowId } },
      body: {
        input: (input ?? {}) as never,
        version: execution.workflow_version,
        tags: execution.tags,
      },
    }),
  );
}

function partly(execution: Execution, from: string) {
  return need(
    api.POST("/api/v1/executions/{execution_id}/retry", {
      params: { path: { execution_id: execution.id } },
      body: { from_node: from },
    }),
  );
}
