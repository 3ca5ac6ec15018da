import { Setup } from "@/features/auth";

export default function SetupPage() {
  return <Setup />;
}
