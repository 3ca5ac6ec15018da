import Link from "next/link";
import { useTranslations } from "next-intl";
import { ApprovalCard } from "@/features/approvals";
import type { Json } from "@/features/graph";
import type { Approval } from "@/lib/api/events";
import type { useAskedBelow } from "./below";
import { Value } from "./value";

function argumentsIn({ request }: Approval): Json {
  return (request as { arguments?: Json } | null)?.arguments ?? null;
}

interface AskedBelowProps {
  asked: ReturnType<typeof useAskedBelow>;
}

/** What the run of a call asks people to decide on, to be decided in place. */
export function AskedBelow({ asked: { pending, decided, learn } }: AskedBelowProps) {
  const t = useTranslations("transcript");
  const [first] = pending;
  return (
    <>
      {/* Always there: what is only added when it is needed is not read out. */}
      <p role="status" className="sr-only">
        {first ? t("waitsFor", { name: first.title }) : ""}
      </p>
      {[...decided, ...pending].map((approval) => (
        <div key={approval.id} className="space-y-2 border-line border-t p-2">
          <ApprovalCard approval={approval} onChange={learn} />
          {approval.status === "pending" && (
            <Value title={t("arguments")} value={argumentsIn(approval)} />
          )}
          <p className="text-xs">
            <Link
              href={`/executions/view?id=${approval.execution_id}`}
              className="text-accent underline"
            >
              {t("openRun")}
            </Link>
          </p>
        </div>
      ))}
    </>
  );
}
