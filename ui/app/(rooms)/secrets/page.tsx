import { Secrets } from "@/features/secrets";

export default function SecretsPage() {
  return <Secrets />;
}
