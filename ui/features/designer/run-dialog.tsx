import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Play } from "lucide-react";
import { useRouter } from "next/navigation";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { Button } from "@/components/button";
import { Dialog } from "@/components/dialog";
import { Failure } from "@/components/states";
import { blankObject, JsonText, type Schema, SchemaForm } from "@/features/forms";
import type { GraphNode, JsonObject } from "@/features/graph";
import { api, need } from "@/lib/api/client";
import { saveNow } from "./autosave";
import { useLastRun } from "./last-run";
import { useDesigner } from "./store";

/** Store and publish what is drawn; the version that runs now. */
export async function publishDraft(workflowId: string, comment?: string): Promise<number> {
  await saveNow();
  const published = await need(
    api.POST("/api/v1/workflows/{workflow_id}/publish", {
      params: { path: { workflow_id: workflowId } },
      body: comment ? { comment } : {},
    }),
  );
  return published.version;
}

/** Run the drawn graph again from a node, with what the last run recorded before it. */
export function useRunFrom() {
  const t = useTranslations("designer");
  const workflowId = useDesigner((state) => state.workflowId);
  const { data: last } = useLastRun(workflowId);
  const router = useRouter();
  return useMutation({
    mutationFn: async (key: string) => {
      if (!last) throw new Error(t("runFromNeedsRun"));
      const version = await publishDraft(workflowId);
      return need(
        api.POST("/api/v1/executions/{execution_id}/retry", {
          params: { path: { execution_id: last.id } },
          body: { from_node: key, path: "", version },
        }),
      );
    },
    onSuccess: (started) => router.push(`/executions/view?id=${started.id}`),
  });
}

interface RunDialogProps {
  open: boolean;
  onOpenChange: (open: boolean) => void;
}

export function RunDialog(props: RunDialogProps) {
  const t = useTranslations("designer");
  return (
    <Dialog {...props} title={t("runTitle")} description={t("runLead")}>
      <RunForm />
    </Dialog>
  );
}

function RunForm() {
  const t = useTranslations("designer");
  const workflowId = useDesigner((state) => state.workflowId);
  const trigger = useDesigner(
    (state) => state.nodes.find((node) => node.data.node.type === "trigger")?.data.node,
  );
  const { data: last } = useLastRun(workflowId);
  const schema = inputSchema(trigger);
  const [input, setInput] = useState<JsonObject>(() => firstInput(last?.input, schema));
  const router = useRouter();
  const queries = useQueryClient();
  const start = useMutation({
    mutationFn: async () => {
      const version = await publishDraft(workflowId);
      return need(
        api.POST("/api/v1/workflows/{workflow_id}/executions", {
          params: { path: { workflow_id: workflowId } },
          body: { input: input as never, version, tags: [] },
        }),
      );
    },
    onSuccess: (started) => {
      void queries.invalidateQueries({ queryKey: ["last-run", workflowId] });
      router.push(`/executions/view?id=${started.id}`);
    },
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        start.mutate();
      }}
    >
      {schema ? (
        <SchemaForm schema={schema} value={input} onChange={setInput} />
      ) : (
        <JsonText
          label={t("input")}
          value={input}
          onChange={(value) => setInput((value ?? {}) as JsonObject)}
        />
      )}
      {start.error && <Failure error={start.error} />}
      <div className="mt-4 flex justify-end">
        <Button type="submit" look="primary" busy={start.isPending}>
          <Play size={14} aria-hidden />
          {t("start")}
        </Button>
      </div>
    </form>
  );
}

/** The trigger's schema when a form can show it. */
function inputSchema(trigger: GraphNode | undefined): Schema | null {
  const schema = trigger?.config?.input_schema as Schema | undefined;
  return schema?.properties && Object.keys(schema.properties).length > 0 ? schema : null;
}

function firstInput(last: unknown, schema: Schema | null): JsonObject {
  if (typeof last === "object" && last !== null) return last as JsonObject;
  return schema ? blankObject(schema, schema) : {};
}
