import { Suspense } from "react";
import { RunView } from "@/features/run";

export default function RunPage() {
  return (
    <Suspense>
      <RunView />
    </Suspense>
  );
}
