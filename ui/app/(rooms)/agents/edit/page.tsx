import { Suspense } from "react";
import { AgentEdit } from "@/features/agents";

export default function AgentPage() {
  return (
    <Suspense>
      <AgentEdit />
    </Suspense>
  );
}
