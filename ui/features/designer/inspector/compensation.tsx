import { useTranslations } from "next-intl";
import { SelectField } from "@/components/field";
import { compensationsFor, type FlowNode, mayBeUndone, title, undoneKeys } from "@/features/graph";
import { editNode, useDesigner } from "../store";

/** Which node undoes this one, or which one this undoes. */
export function Compensation({ flowNode }: { flowNode: FlowNode }) {
  const t = useTranslations("designer");
  const nodes = useDesigner((state) => state.nodes);
  const edges = useDesigner((state) => state.edges);
  const { node } = flowNode.data;
  const undone = undoneKeys(nodes).get(node.key);
  if (undone) return <p className="mb-3 text-ink-soft text-xs">{t("undoes", { key: undone })}</p>;
  if (!mayBeUndone(node)) return null;
  const found = compensationsFor({ nodes, edges }, flowNode);
  const known = found.some((each) => each.data.node.key === node.compensation);
  return (
    <SelectField
      label={t("compensation")}
      hint={t("compensationHint")}
      value={node.compensation ?? ""}
      onChange={(event) => editNode(flowNode.id, { compensation: event.target.value || null })}
    >
      <option value="">{t("noCompensation")}</option>
      {node.compensation && !known && (
        <option value={node.compensation}>{node.compensation}</option>
      )}
      {found.map((each) => (
        <option key={each.id} value={each.data.node.key}>
          {title(each.data.node)}
        </option>
      ))}
    </SelectField>
  );
}
