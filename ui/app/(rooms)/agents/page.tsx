import { Agents } from "@/features/agents";

export default function AgentsPage() {
  return <Agents />;
}
