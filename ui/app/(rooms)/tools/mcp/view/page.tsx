import { Suspense } from "react";
import { ServerView } from "@/features/mcp";

export default function McpServerPage() {
  return (
    <Suspense>
      <ServerView />
    </Suspense>
  );
}
