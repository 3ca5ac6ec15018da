import { Suspense } from "react";
import { LinkedQuestion } from "@/features/approvals";

export default function ApprovePage() {
  return (
    <Suspense>
      <LinkedQuestion />
    </Suspense>
  );
}
