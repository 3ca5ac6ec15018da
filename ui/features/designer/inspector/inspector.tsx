import { Trash2 } from "lucide-react";
import { useTranslations } from "next-intl";
import { Tabs } from "radix-ui";
import { useState } from "react";
import { IconButton } from "@/components/button";
import { TextField } from "@/components/field";
import { ScopeContext } from "@/features/forms";
import { type FlowNode, KindIcon, useKind } from "@/features/graph";
import { useScopeOf } from "../last-run";
import { changeKey, editNode, removeNodes, useDesigner } from "../store";
import { Configuration } from "./configuration";
import { Connections } from "./connections";
import { NodeData } from "./node-data";
import { NodeSettings } from "./node-settings";
import { Source } from "./source";
import { WorkflowSettings } from "./workflow-settings";

export function Inspector() {
  const t = useTranslations("designer");
  const only = useDesigner((state) => {
    const chosen = state.nodes.filter((node) => node.selected);
    return chosen.length === 1 ? chosen[0] : undefined;
  });
  const count = useDesigner((state) => state.nodes.filter((node) => node.selected).length);
  return (
    <aside
      aria-label={t("inspector")}
      className="flex w-88 shrink-0 flex-col overflow-auto border-line border-l bg-surface max-lg:w-72"
    >
      {only ? (
        <NodeInspector key={only.id} node={only} />
      ) : count > 1 ? (
        <p className="p-4 text-ink-soft">{t("severalSelected", { count })}</p>
      ) : (
        <WorkflowSettings />
      )}
    </aside>
  );
}

const TABS = ["configuration", "connections", "settings", "data", "source"] as const;

function NodeInspector({ node }: { node: FlowNode }) {
  const t = useTranslations("designer");
  const { icon, label } = useKind(node.data.node);
  const scope = useScopeOf(node.data.node.key);
  return (
    <ScopeContext value={scope}>
      <div className="flex items-center gap-2 border-line border-b px-4 py-3">
        <span className="text-accent">
          <KindIcon name={icon} />
        </span>
        <h2 className="min-w-0 flex-1 truncate font-semibold">{label}</h2>
        <IconButton label={t("deleteNode")} keys="Delete" onClick={() => removeNodes([node.id])}>
          <Trash2 size={16} />
        </IconButton>
      </div>
      <div className="px-4 pt-3">
        <Names node={node} />
      </div>
      <Problems nodeKey={node.data.node.key} />
      <Tabs.Root defaultValue="configuration" className="min-h-0 flex-1">
        <Tabs.List aria-label={t("inspector")} className="flex flex-wrap border-line border-b px-3">
          {TABS.map((tab) => (
            <Tabs.Trigger
              key={tab}
              value={tab}
              className="-mb-px border-transparent border-b-2 px-1.5 py-2 text-[13px] text-ink-soft data-[state=active]:border-accent data-[state=active]:text-ink"
            >
              {t(`tabs.${tab}`)}
            </Tabs.Trigger>
          ))}
        </Tabs.List>
        <Tabs.Content value="configuration" className="p-4">
          <Configuration id={node.id} node={node.data.node} />
        </Tabs.Content>
        <Tabs.Content value="connections" className="p-4">
          <Connections node={node} />
        </Tabs.Content>
        <Tabs.Content value="settings" className="p-4">
          <NodeSettings flowNode={node} />
        </Tabs.Content>
        <Tabs.Content value="data" className="p-4">
          <NodeData id={node.id} node={node.data.node} />
        </Tabs.Content>
        <Tabs.Content value="source" className="p-4">
          <Source id={node.id} node={node.data.node} />
        </Tabs.Content>
      </Tabs.Root>
    </ScopeContext>
  );
}

function Names({ node }: { node: FlowNode }) {
  const t = useTranslations("designer");
  const { key, name } = node.data.node;
  const [wanted, setWanted] = useState(key);
  const [error, setError] = useState<string>();
  function settle(): void {
    if (!/^[a-z][a-z0-9_]{0,62}$/.test(wanted)) setError(t("keyForm"));
    else if (!changeKey(node.id, wanted)) setError(t("keyTaken"));
    else setError(undefined);
  }
  return (
    <div className="grid grid-cols-2 gap-2">
      <TextField
        label={t("nodeName")}
        value={name ?? ""}
        placeholder={key}
        maxLength={200}
        onChange={(event) => editNode(node.id, { name: event.target.value || null }, "name")}
      />
      <TextField
        label={t("nodeKey")}
        value={wanted}
        error={error}
        className="font-mono"
        onChange={(event) => setWanted(event.target.value)}
        onBlur={settle}
      />
    </div>
  );
}

function Problems({ nodeKey }: { nodeKey: string }) {
  const problems = useDesigner((state) => state.problems);
  const mine = problems.filter((problem) => problem.node_keys?.includes(nodeKey));
  if (mine.length === 0) return null;
  return (
    <ul className="mx-4 mb-2 space-y-1">
      {mine.map((problem) => (
        <li
          key={`${problem.path}${problem.message}`}
          className={`break-words rounded px-2 py-1 text-xs ${problem.severity === "error" ? "bg-bad-soft text-bad" : "bg-wait-soft text-wait"}`}
        >
          {problem.message}
          {problem.suggestion && <span className="block opacity-80">→ {problem.suggestion}</span>}
        </li>
      ))}
    </ul>
  );
}
