import { Suspense } from "react";
import { Triggers } from "@/features/triggers";

export default function TriggersPage() {
  return (
    <Suspense>
      <Triggers />
    </Suspense>
  );
}
