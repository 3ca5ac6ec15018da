import { Suspense } from "react";
import { ToolEdit } from "@/features/tools";

export default function ToolPage() {
  return (
    <Suspense>
      <ToolEdit />
    </Suspense>
  );
}
