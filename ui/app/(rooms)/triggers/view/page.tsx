import { Suspense } from "react";
import { TriggerView } from "@/features/triggers";

export default function TriggerPage() {
  return (
    <Suspense>
      <TriggerView />
    </Suspense>
  );
}
