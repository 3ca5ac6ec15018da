import { Servers } from "@/features/mcp";

export default function McpServersPage() {
  return <Servers />;
}
