import { useNodeConnections } from "@xyflow/react";
import { Undo2 } from "lucide-react";
import { useTranslations } from "next-intl";
import type { Status } from "@/components/status";
import { isCompensationLine, mayUndo } from "./compensation";
import type { GraphNode } from "./document";
import { useLook } from "./look";

const STATES = {
  named: "bg-sunken text-ink-soft",
  undoing: "bg-run-soft text-run",
  undone: "bg-wait-soft text-wait",
  notUndone: "bg-bad-soft text-bad",
};
type State = keyof typeof STATES;
const STATE_OF: Partial<Record<Status, State>> = {
  pending: "undoing",
  running: "undoing",
  completed: "undone",
  failed: "notUndone",
  cancelled: "notUndone",
};

/** At a node that has a compensation what became of it, and at a compensation that it is one. */
export function UndoTag({ node }: { node: GraphNode }) {
  if (node.compensation) return <Undone by={node.compensation} />;
  return mayUndo(node) ? <Undoes /> : null;
}

function Undone({ by }: { by: string }) {
  const t = useTranslations("designer");
  const { status } = useLook(by);
  const state = (status && STATE_OF[status]) ?? "named";
  return (
    <Tag look={STATES[state]} title={t("undoneBy", { key: by })}>
      {state === "named" ? by : t(`undoState.${state}`)}
    </Tag>
  );
}

function Undoes() {
  const t = useTranslations("designer");
  const joined = useNodeConnections({ handleType: "target" });
  if (!joined.some((each) => isCompensationLine(each.edgeId))) return null;
  return (
    <Tag look={STATES.named} title={t("undoesHint")}>
      {t("compensation")}
    </Tag>
  );
}

function Tag({ look, title, children }: { look: string; title: string; children: string }) {
  return (
    <span
      title={title}
      className={`node-face absolute -top-2.5 right-2 flex max-w-32 items-center gap-1 rounded px-1.5 text-[10px] leading-4 ${look}`}
    >
      <Undo2 size={11} className="shrink-0" aria-hidden />
      <span className="truncate">{children}</span>
    </span>
  );
}
