import { Executions } from "@/features/executions";

export default function ExecutionsPage() {
  return <Executions />;
}
