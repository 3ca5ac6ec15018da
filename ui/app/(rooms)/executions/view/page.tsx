import { Suspense } from "react";
import { RunView } from "@/features/executions";

export default function RunPage() {
  return (
    <Suspense>
      <RunView />
    </Suspense>
  );
}
