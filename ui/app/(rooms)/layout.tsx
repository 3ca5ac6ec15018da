import { type ReactNode, Suspense } from "react";
import { Gate, Shell } from "@/features/shell";

export default function RoomsLayout({ children }: { children: ReactNode }) {
  return (
    <Suspense>
      <Gate>
        <Shell>{children}</Shell>
      </Gate>
    </Suspense>
  );
}
