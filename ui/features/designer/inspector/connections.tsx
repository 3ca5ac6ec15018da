import { ArrowRight, Trash2 } from "lucide-react";
import { useTranslations } from "next-intl";
import { IconButton } from "@/components/button";
import { SelectField } from "@/components/field";
import { type FlowNode, hasPlainWayOut, refusal, title, waysOut } from "@/features/graph";
import { connect, moveInto, removeEdges, useDesigner } from "../store";

/** A node's edges as lists: the way to connect without a mouse. */
export function Connections({ node }: { node: FlowNode }) {
  const t = useTranslations("designer");
  const nodes = useDesigner((state) => state.nodes);
  const edges = useDesigner((state) => state.edges);
  const names = new Map(nodes.map((each) => [each.id, title(each.data.node)]));
  const into = edges.filter((edge) => edge.target === node.id);
  const out = edges.filter((edge) => edge.source === node.id);
  const ways: (string | null)[] = [
    ...(hasPlainWayOut(node.data.node) ? [null] : []),
    ...waysOut(node.data.node),
  ];
  return (
    <>
      <EdgeList
        heading={t("incoming")}
        edges={into.map((edge) => ({
          id: edge.id,
          from: names.get(edge.source) ?? "",
          way: edge.sourceHandle,
        }))}
      />
      <EdgeList
        heading={t("outgoing")}
        edges={out.map((edge) => ({
          id: edge.id,
          to: names.get(edge.target) ?? "",
          way: edge.sourceHandle,
        }))}
      />
      {ways.map((way) => (
        <ConnectTo key={way ?? ""} node={node} way={way} />
      ))}
      <ParentPicker node={node} />
    </>
  );
}

interface EdgeListProps {
  heading: string;
  edges: { id: string; from?: string; to?: string; way?: string | null | undefined }[];
}

function EdgeList({ heading, edges }: EdgeListProps) {
  const t = useTranslations("designer");
  return (
    <section aria-label={heading} className="mb-3">
      <h3 className="mb-1 font-medium text-[13px]">{heading}</h3>
      {edges.length === 0 && <p className="text-ink-soft text-xs">{t("noEdges")}</p>}
      <ul>
        {edges.map(({ id, from, to, way }) => (
          <li key={id} className="flex items-center gap-1.5">
            <span className="min-w-0 truncate">{from}</span>
            {way && <code className="rounded bg-sunken px-1 text-xs">{way}</code>}
            <ArrowRight size={13} className="shrink-0 text-ink-soft" aria-hidden />
            <span className="min-w-0 truncate">{to}</span>
            <IconButton
              label={t("removeEdge", { node: from ?? to ?? "" })}
              className="ml-auto"
              onClick={() => removeEdges([id])}
            >
              <Trash2 size={14} />
            </IconButton>
          </li>
        ))}
      </ul>
    </section>
  );
}

function ConnectTo({ node, way }: { node: FlowNode; way: string | null }) {
  const t = useTranslations("designer");
  const nodes = useDesigner((state) => state.nodes);
  const edges = useDesigner((state) => state.edges);
  const wanted = (target: string) => ({
    source: node.id,
    sourceHandle: way,
    target,
    targetHandle: null,
  });
  const open = nodes.filter((each) => refusal({ nodes, edges }, wanted(each.id)) === null);
  return (
    <SelectField
      label={way ? t("connectWay", { way }) : t("connectTo")}
      value=""
      disabled={open.length === 0}
      onChange={(event) => event.target.value && connect(wanted(event.target.value))}
    >
      <option value="">{open.length === 0 ? t("nothingToConnect") : t("choose")}</option>
      {open.map((each) => (
        <option key={each.id} value={each.id}>
          {title(each.data.node)}
        </option>
      ))}
    </SelectField>
  );
}

function ParentPicker({ node }: { node: FlowNode }) {
  const t = useTranslations("designer");
  const nodes = useDesigner((state) => state.nodes);
  const within = (id: string): boolean => {
    const each = nodes.find((one) => one.id === id);
    return each?.id === node.id || (each?.parentId ? within(each.parentId) : false);
  };
  const containers = nodes.filter((each) => each.type === "container" && !within(each.id));
  if (node.data.node.type === "trigger") return null;
  return (
    <SelectField
      label={t("inside")}
      hint={t("insideHint")}
      value={node.parentId ?? ""}
      onChange={(event) => moveInto(node.id, event.target.value || undefined)}
    >
      <option value="">{t("topLevel")}</option>
      {containers.map((each) => (
        <option key={each.id} value={each.id}>
          {title(each.data.node)}
        </option>
      ))}
    </SelectField>
  );
}
