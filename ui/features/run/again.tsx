import { keepPreviousData, useMutation, useQuery } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { Button } from "@/components/button";
import { CheckField, SelectField } from "@/components/field";
import { Failure, Loaded } from "@/components/states";
import { JsonText } from "@/features/forms";
import { type GraphDocument, type Json, type JsonObject, title } from "@/features/graph";
import { api, need, type Schemas } from "@/lib/api/client";
import { isObject } from "@/lib/json-object";
import { attemptsOf, comparePaths, type Execution, useRun } from "./store";
import { useVersionGraph, useVersions } from "./versions";

interface AgainFormProps {
  execution: Execution;
  workflowId: string;
  document: GraphDocument;
}

/** Run again: from the beginning, or from a node with the outputs recorded before it. */
export function AgainForm({ execution, workflowId, document }: AgainFormProps) {
  const t = useTranslations("run");
  const router = useRouter();
  const own = execution.workflow_version ?? 0;
  const [version, setVersion] = useState(own);
  const other = useVersionGraph(workflowId, version === own ? null : version);
  const shown = version === own ? document : other.data;
  const [chosen, setChosen] = useState(() => firstFailed(document));
  // Another version may not have the node.
  const from = shown?.nodes.some(({ key }) => key === chosen) ? chosen : "";
  const [path, setPath] = useState("");
  const [input, setInput] = useState<Json | undefined>(execution.input as Json);
  const [inputs, setInputs] = useState<JsonObject | null>(null);
  const start = useMutation({
    mutationFn: () =>
      from === ""
        ? whole(execution, workflowId, { version, input })
        : partly(execution, { from_node: from, path, version, ...(inputs && { inputs }) }),
    onSuccess: (started) => router.push(`/executions/view?id=${started.id}`),
  });
  function choose(key: string): void {
    setChosen(key);
    setPath("");
    setInputs(null);
  }
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        start.mutate();
      }}
    >
      <VersionField
        workflowId={workflowId}
        own={own}
        value={version}
        onChange={(next) => {
          setVersion(next);
          setPath("");
          setInputs(null);
        }}
      />
      {shown && <FromField document={shown} value={from} onChange={choose} />}
      {from === "" ? (
        <div className="mt-3">
          <p className="mb-1 font-medium text-[13px]">{t("input")}</p>
          <JsonText label={t("input")} value={input} onChange={setInput} />
        </div>
      ) : (
        <>
          <PassField node={from} value={path} onChange={setPath} />
          <InputsField key={from} node={from} value={inputs} onChange={setInputs} />
        </>
      )}
      {shown && (
        <Effects id={execution.id} from={from || startOf(shown)} path={path} version={version} />
      )}
      {(start.error ?? other.error) && (
        <div className="mt-3">
          <Failure error={start.error ?? other.error} />
        </div>
      )}
      <div className="mt-4 flex justify-end">
        <Button type="submit" look="primary" busy={start.isPending} disabled={!shown}>
          {t("again")}
        </Button>
      </div>
    </form>
  );
}

interface VersionFieldProps {
  workflowId: string;
  own: number;
  value: number;
  onChange: (version: number) => void;
}

/** This run's version, or another one; nothing to choose where there is only one. */
function VersionField({ workflowId, own, value, onChange }: VersionFieldProps) {
  const t = useTranslations("upgrade");
  const others = useVersions(workflowId).filter(({ version }) => version !== own);
  if (others.length === 0) return null;
  return (
    <SelectField
      label={t("again.version")}
      hint={value === own ? undefined : t("again.changed", { version: value })}
      value={value}
      onChange={(event) => onChange(Number(event.target.value))}
    >
      <option value={own}>{t("again.same", { version: String(own) })}</option>
      {others.map(({ version, comment }) => (
        <option key={version} value={version}>
          {t("option", { version: String(version), comment: comment ?? "none" })}
        </option>
      ))}
    </SelectField>
  );
}

interface FromFieldProps {
  document: GraphDocument;
  value: string;
  onChange: (key: string) => void;
}

function FromField({ document, value, onChange }: FromFieldProps) {
  const t = useTranslations("run");
  // What undoes another node runs only when that is undone.
  const undoing = new Set(document.nodes.map(({ compensation }) => compensation));
  return (
    <SelectField label={t("from")} value={value} onChange={(event) => onChange(event.target.value)}>
      <option value="">{t("fromStart")}</option>
      {document.nodes
        .filter((node) => node.type !== "trigger" && !undoing.has(node.key))
        .map((node) => (
          <option key={node.key} value={node.key}>
            {title(node)}
          </option>
        ))}
    </SelectField>
  );
}

interface PassFieldProps {
  node: string;
  value: string;
  onChange: (path: string) => void;
}

/** Every pass of a node in a loop, or one; nothing to choose for a node outside of them. */
function PassField({ node, value, onChange }: PassFieldProps) {
  const t = useTranslations("upgrade.again");
  const paths = new Set(attemptsOf(useRun.getState(), node).map((each) => each.path));
  paths.delete("");
  if (paths.size === 0) return null;
  return (
    <SelectField label={t("pass")} value={value} onChange={(event) => onChange(event.target.value)}>
      <option value="">{t("everyPass")}</option>
      {[...paths].sort(comparePaths).map((each) => (
        <option key={each}>{each}</option>
      ))}
    </SelectField>
  );
}

interface InputsFieldProps {
  node: string;
  /** Null while the node computes its own. */
  value: JsonObject | null;
  onChange: (inputs: JsonObject | null) => void;
}

/** Other inputs for the node to begin with, from those that it had. */
function InputsField({ node, value, onChange }: InputsFieldProps) {
  const t = useTranslations("upgrade.again");
  return (
    <>
      <CheckField
        label={t("inputs")}
        hint={t("inputsHint")}
        className="my-2"
        checked={value !== null}
        onChange={(on) => onChange(on ? recordedInputs(node) : null)}
      />
      {value !== null && (
        <JsonText
          label={t("inputs")}
          value={value}
          onChange={(next) => onChange(isObject(next) ? (next as JsonObject) : {})}
        />
      )}
    </>
  );
}

function recordedInputs(node: string): JsonObject {
  const input = attemptsOf(useRun.getState(), node).at(-1)?.input;
  return isObject(input) ? (input as JsonObject) : {};
}

interface EffectsProps {
  id: string;
  /** Key of the node that it begins with; its trigger for the whole. */
  from: string;
  path: string;
  version: number;
}

/** What reached the world outside, and will do so again. */
function Effects({ id, from, path, version }: EffectsProps) {
  const t = useTranslations("run");
  const report = useQuery({
    queryKey: ["retry-report", id, from, path, version],
    queryFn: () =>
      need(
        api.GET("/api/v1/executions/{execution_id}/retry", {
          params: { path: { execution_id: id }, query: { from_node: from, path, version } },
        }),
      ),
    placeholderData: keepPreviousData,
  });
  return (
    <div className="mt-3" aria-live="polite">
      <Loaded query={report}>
        {({ again }) => {
          const effects = again.filter(({ effect }) => effect);
          return (
            <div className="rounded-md bg-wait-soft p-3 text-[13px] text-wait">
              {effects.length === 0 ? t("noEffects") : <EffectList effects={effects} />}
            </div>
          );
        }}
      </Loaded>
    </div>
  );
}

function EffectList({ effects }: { effects: Schemas["RepeatedNode"][] }) {
  const t = useTranslations("run");
  return (
    <>
      <p className="font-medium">{t("effects")}</p>
      <ul className="mt-1 list-disc pl-5">
        {effects.map(({ node_key, name, times }) => (
          <li key={node_key}>{t("effect", { node: name, times })}</li>
        ))}
      </ul>
    </>
  );
}

function startOf(document: GraphDocument): string {
  return document.nodes.find(({ type }) => type === "trigger")?.key ?? "";
}

function firstFailed(document: GraphDocument): string {
  const { looks } = useRun.getState();
  return (
    document.nodes.find((node) => !node.parent && looks.get(node.key)?.status === "failed")?.key ??
    ""
  );
}

interface Whole {
  version: number;
  input: Json | undefined;
}

function whole(execution: Execution, workflowId: string, { version, input }: Whole) {
  return need(
    api.POST("/api/v1/workflows/{workflow_id}/executions", {
      params: { path: { workflow_id: workflowId } },
      body: { input: (input ?? {}) as never, version, tags: execution.tags },
    }),
  );
}

function partly(execution: Execution, body: Schemas["RetryRequest"]) {
  return need(
    api.POST("/api/v1/executions/{execution_id}/retry", {
      params: { path: { execution_id: execution.id } },
      body,
    }),
  );
}
