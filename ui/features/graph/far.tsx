import { useStore } from "@xyflow/react";
import { useEffect } from "react";

const LEGIBLE = 0.2;

/** From far away cards are drawn without their texts, which nobody could read: large graphs move lightly. */
export function Far() {
  const canvas = useStore((state) => state.domNode);
  const far = useStore((state) => state.transform[2] < LEGIBLE);
  useEffect(() => {
    canvas?.classList.toggle("far", far);
  }, [canvas, far]);
  return null;
}
