import { Suspense } from "react";
import { Designer } from "@/features/designer";

export default function DesignerPage() {
  return (
    <Suspense>
      <Designer />
    </Suspense>
  );
}
