import Link from "next/link";
import { useTranslations } from "next-intl";
import { type Status, StatusBadge } from "@/components/status";

interface RunLinkProps {
  id: string | null;
  status: Status | null;
}

/** The run that came of it, if one did. */
export function RunLink({ id, status }: RunLinkProps) {
  const t = useTranslations("triggers");
  if (!id) return <span className="text-ink-soft">—</span>;
  return (
    <span className="inline-flex items-center gap-2 whitespace-nowrap">
      <Link href={`/executions/view?id=${id}`} className="text-accent hover:underline">
        {t("openRun")}
      </Link>
      {status && <StatusBadge status={status} />}
    </span>
  );
}
