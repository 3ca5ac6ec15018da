import { useReactFlow, useStoreApi } from "@xyflow/react";
import { CircleAlert, CircleCheck, TriangleAlert } from "lucide-react";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { nodeByKey, select, useDesigner } from "./store";

/** What the validator found; each line leads to its node. */
export function Problems() {
  const t = useTranslations("designer");
  const problems = useDesigner((state) => state.problems);
  const [open, setOpen] = useState(false);
  const go = useGoTo();
  const errors = problems.filter((problem) => problem.severity === "error").length;
  return (
    <section aria-label={t("problems")} className="border-line border-t bg-surface">
      <button
        type="button"
        aria-expanded={open}
        disabled={problems.length === 0}
        onClick={() => setOpen(!open)}
        className="flex w-full items-center gap-2 px-3 py-1.5 text-left text-[13px]"
      >
        {errors > 0 ? (
          <CircleAlert size={15} className="text-bad" aria-hidden />
        ) : problems.length > 0 ? (
          <TriangleAlert size={15} className="text-wait" aria-hidden />
        ) : (
          <CircleCheck size={15} className="text-ok" aria-hidden />
        )}
        <span aria-live="polite">
          {problems.length === 0
            ? t("noProblems")
            : t("problemCount", { errors, warnings: problems.length - errors })}
        </span>
      </button>
      {open && problems.length > 0 && (
        <ul className="max-h-48 overflow-auto border-line border-t py-1">
          {problems.map((problem) => (
            <li key={`${problem.code}${problem.path}${problem.message}`}>
              <button
                type="button"
                onClick={() => go(problem.node_keys ?? [])}
                className="flex w-full gap-2 px-3 py-1 text-left hover:bg-sunken"
              >
                <code
                  className={`shrink-0 text-xs ${problem.severity === "error" ? "text-bad" : "text-wait"}`}
                >
                  {problem.code}
                </code>
                <span className="min-w-0 break-words">{problem.message}</span>
              </button>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

/** Select nodes and bring them into view. */
export function useGoTo(): (keys: string[]) => void {
  const flow = useReactFlow();
  return (keys) => {
    const ids = keys.flatMap((key) => nodeByKey(key)?.id ?? []);
    if (ids.length === 0) return;
    select(ids);
    void flow.fitView({
      nodes: ids.map((id) => ({ id })),
      maxZoom: 1.1,
      padding: 0.4,
      duration: 250,
    });
  };
}

const READABLE = 0.6;

/** Bring a node into view if it is not, such as one just added beyond the edge of the canvas. */
export function useReveal(): (id: string) => void {
  const flow = useReactFlow();
  const canvas = useStoreApi();
  const reveal = (id: string) => {
    const node = flow.getInternalNode(id);
    if (!node) return;
    const { x, y } = node.internals.positionAbsolute;
    const { width, height, transform } = canvas.getState();
    const [left, top, zoom] = transform;
    const right = (x + (node.width ?? 0)) * zoom + left;
    const bottom = (y + (node.height ?? 0)) * zoom + top;
    const inside =
      x * zoom + left >= 0 && y * zoom + top >= 0 && right <= width && bottom <= height;
    if (inside) return;
    const centre = [x + (node.width ?? 0) / 2, y + (node.height ?? 0) / 2] as const;
    void flow.setCenter(...centre, { zoom: Math.max(zoom, READABLE), duration: 200 });
  };
  // The canvas learns of a new node when it has drawn it.
  return (id) => void setTimeout(reveal, 30, id);
}
