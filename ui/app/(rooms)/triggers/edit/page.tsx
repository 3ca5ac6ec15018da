import { Suspense } from "react";
import { TriggerEdit } from "@/features/triggers";

export default function TriggerEditPage() {
  return (
    <Suspense>
      <TriggerEdit />
    </Suspense>
  );
}
