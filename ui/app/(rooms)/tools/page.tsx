import { Tools } from "@/features/tools";

export default function ToolsPage() {
  return <Tools />;
}
