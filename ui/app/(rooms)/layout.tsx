import { type ReactNode, Suspense } from "react";
import { ApprovalBadge } from "@/features/approvals";
import { ArtifactChips } from "@/features/artifacts";
import { Gate, Shell } from "@/features/shell";

export default function RoomsLayout({ children }: { children: ReactNode }) {
  return (
    <Suspense>
      <Gate>
        <Shell badges={{ approvals: <ApprovalBadge /> }}>
          <ArtifactChips>{children}</ArtifactChips>
        </Shell>
      </Gate>
    </Suspense>
  );
}
