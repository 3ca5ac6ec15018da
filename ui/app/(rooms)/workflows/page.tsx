import { Workflows } from "@/features/workflows";

export default function WorkflowsPage() {
  return <Workflows />;
}
