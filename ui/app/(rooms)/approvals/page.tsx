import { Approvals } from "@/features/approvals";

export default function ApprovalsPage() {
  return <Approvals />;
}
