import { useQuery } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { Field, Select, SelectField } from "@/components/field";
import { KINDS, KindEditor, useExpectedInputs } from "@/features/editors";
import { PairsField, type Schema, SchemaForm, ToolScope, WithoutInputs } from "@/features/forms";
import { type Catalog, type GraphNode, type JsonObject, useCatalog } from "@/features/graph";
import { api, need } from "@/lib/api/client";
import { useCatalogWords, useFieldWords } from "@/lib/i18n/catalog-words";
import { starter } from "../starters";
import { editNode } from "../store";
import { AgentConfiguration } from "./agent";
import { ApprovalConfiguration } from "./approval";

interface ConfigurationProps {
  id: string;
  node: GraphNode;
}

export function Configuration({ id, node }: ConfigurationProps) {
  const { data: catalog } = useCatalog();
  const words = useCatalogWords();
  const labels = useFieldWords();
  if (!catalog) return null;
  if (node.type === "tool")
    return (
      <ToolScope inputs={node.inputs}>
        <ToolConfiguration id={id} node={node} catalog={catalog} />
      </ToolScope>
    );
  const kind = catalog.nodes.find((each) => each.type === node.type);
  const schema = (kind?.config_schema ?? {}) as Schema;
  const hidden = node.type === "workflow" ? new Set(["workflow"]) : undefined;
  return (
    <>
      {kind && <p className="mb-3 text-ink-soft text-xs">{words("nodes", kind.type, kind).text}</p>}
      {node.type === "workflow" && <WorkflowPicker id={id} node={node} />}
      {node.type === "agent" ? (
        <AgentConfiguration id={id} node={node} />
      ) : node.type === "approval" ? (
        <ApprovalConfiguration id={id} node={node} schema={schema} />
      ) : (
        <SchemaForm
          schema={schema}
          value={node.config ?? {}}
          {...(hidden ? { hidden } : {})}
          labels={labels}
          onChange={(config) => editNode(id, { config }, "config")}
        />
      )}
      {(node.type === "workflow" || node.type === "condition") && (
        <Inputs id={id} node={node} expected={[]} />
      )}
    </>
  );
}

function WorkflowPicker({ id, node }: ConfigurationProps) {
  const t = useTranslations("designer");
  const { data } = useQuery({
    queryKey: ["workflows", "published"],
    queryFn: () =>
      need(
        api.GET("/api/v1/workflows", {
          params: { query: { published: true, limit: 100, sort: "name" } },
        }),
      ),
  });
  const current = String(node.config?.workflow ?? "");
  const names = new Set([
    ...(data?.items ?? []).map((each) => each.name),
    ...(current ? [current] : []),
  ]);
  return (
    <Field label={t("calledWorkflow")} required hint={t("calledWorkflowHint")}>
      {({ id: field }) => (
        <Select
          id={field}
          value={current}
          onChange={(event) =>
            editNode(id, { config: { ...node.config, workflow: event.target.value } })
          }
        >
          <option value="">—</option>
          {[...names].map((name) => (
            <option key={name}>{name}</option>
          ))}
        </Select>
      )}
    </Field>
  );
}

function ToolConfiguration({ id, node, catalog }: ConfigurationProps & { catalog: Catalog }) {
  const kind = catalog.tools.find((each) => each.kind === node.config?.kind);
  const helper =
    kind?.kind === "builtin"
      ? catalog.builtins.find((each) => each.name === node.config?.name)
      : undefined;
  const words = useCatalogWords();
  const expected = useExpectedInputs(node.config);
  const text = helper
    ? words("builtins", helper.name, helper).text
    : kind && words("tools", kind.kind, kind).text;
  const inputs = Object.keys((helper?.input_schema as Schema | undefined)?.properties ?? {});
  return (
    <>
      <ToolPicker id={id} node={node} catalog={catalog} />
      <p className="mb-3 text-ink-soft text-xs">{text}</p>
      {kind && kind.kind !== "builtin" && <OwnConfiguration id={id} node={node} kind={kind} />}
      {helper && <BuiltinConfiguration id={id} node={node} helper={helper} />}
      <Inputs id={id} node={node} expected={helper ? inputs : expected} />
    </>
  );
}

interface OwnProps extends ConfigurationProps {
  kind: Catalog["tools"][number];
}

/** The editor of the kind; a form for a kind that only a newer server has. */
function OwnConfiguration({ id, node, kind }: OwnProps) {
  const labels = useFieldWords();
  const known = KINDS.find((each) => each === kind.kind);
  const edit = (config: JsonObject) => editNode(id, { config }, "config");
  if (known)
    return (
      <KindEditor
        key={known}
        kind={known}
        compact
        value={node.config ?? {}}
        onChange={(config) => edit({ ...config, kind: known })}
      />
    );
  return (
    <SchemaForm
      schema={kind.config_schema as Schema}
      value={node.config ?? {}}
      templated={new Set(kind.templated)}
      labels={labels}
      onChange={edit}
    />
  );
}

interface BuiltinProps extends ConfigurationProps {
  helper: Catalog["builtins"][number];
}

/** Options by the helper's own schema, and its template when it takes one. */
function BuiltinConfiguration({ id, node, helper }: BuiltinProps) {
  const options = (node.config?.options ?? {}) as JsonObject;
  const labels = useFieldWords();
  const text: Schema = { type: "object", properties: { template: { type: "string" } } };
  return (
    <>
      {helper.takes_template && (
        <SchemaForm
          schema={text}
          labels={labels}
          value={{
            ...(typeof node.config?.template === "string"
              ? { template: node.config.template }
              : {}),
          }}
          onChange={({ template }) =>
            editNode(
              id,
              { config: without({ ...node.config, template: template ?? null }) },
              "template",
            )
          }
        />
      )}
      <SchemaForm
        schema={helper.options_schema as Schema}
        value={options}
        templated
        onChange={(next) =>
          editNode(
            id,
            {
              config: without({
                ...node.config,
                options: Object.keys(next).length > 0 ? next : null,
              }),
            },
            "options",
          )
        }
      />
    </>
  );
}

function without(config: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(config).filter(([, value]) => value !== null));
}

/** A registered tool by name, or what kind of tool the node carries. */
function ToolPicker({ id, node, catalog }: ConfigurationProps & { catalog: Catalog }) {
  const t = useTranslations("designer");
  const words = useCatalogWords();
  const { data } = useQuery({
    queryKey: ["tools", "palette"],
    queryFn: () => need(api.GET("/api/v1/tools", { params: { query: { limit: 100 } } })),
  });
  const registered = new Set((data?.items ?? []).map((tool) => tool.name));
  if (node.tool) registered.add(node.tool);
  const value = node.tool
    ? `tool:${node.tool}`
    : node.config?.kind === "builtin"
      ? `builtin:${node.config.name}`
      : `kind:${node.config?.kind}`;
  function choose(chosen: string): void {
    const [what = "", ...rest] = chosen.split(":");
    const name = rest.join(":");
    if (what === "tool") editNode(id, { tool: name, config: null });
    else if (what === "builtin") editNode(id, { tool: null, config: { kind: "builtin", name } });
    else editNode(id, { tool: null, config: starter(name) });
  }
  return (
    <SelectField label={t("tool")} value={value} onChange={(event) => choose(event.target.value)}>
      <optgroup label={t("inlineTools")}>
        {catalog.tools
          .filter((each) => each.kind !== "builtin")
          .map((each) => (
            <option key={each.kind} value={`kind:${each.kind}`}>
              {words("tools", each.kind, each).title}
            </option>
          ))}
      </optgroup>
      <optgroup label={t("groups.builtin")}>
        {catalog.builtins.map((each) => (
          <option key={each.name} value={`builtin:${each.name}`}>
            {words("builtins", each.name, each).title}
          </option>
        ))}
      </optgroup>
      <optgroup label={t("groups.registered")}>
        {[...registered].map((name) => (
          <option key={name} value={`tool:${name}`}>
            {name}
          </option>
        ))}
      </optgroup>
    </SelectField>
  );
}

function Inputs({ id, node, expected }: ConfigurationProps & { expected: string[] }) {
  const t = useTranslations("designer");
  return (
    <section aria-label={t("inputs")} className="border-line border-t pt-3">
      <h3 className="mb-1 font-medium text-[13px]">{t("inputs")}</h3>
      <p className="mb-2 text-ink-soft text-xs">{t("inputsHint")}</p>
      <WithoutInputs>
        <PairsField
          label={t("inputs")}
          value={node.inputs ?? {}}
          expected={expected}
          onChange={(inputs) =>
            editNode(id, { inputs: Object.keys(inputs).length > 0 ? inputs : undefined }, "inputs")
          }
        />
      </WithoutInputs>
    </section>
  );
}
