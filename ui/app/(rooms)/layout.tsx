import { type ReactNode, Suspense } from "react";
import { ArtifactChips } from "@/features/artifacts";
import { Gate, Shell } from "@/features/shell";

export default function RoomsLayout({ children }: { children: ReactNode }) {
  return (
    <Suspense>
      <Gate>
        <Shell>
          <ArtifactChips>{children}</ArtifactChips>
        </Shell>
      </Gate>
    </Suspense>
  );
}
