import Link from "next/link";
import { useTranslations } from "next-intl";
import type { Schemas } from "@/lib/api/client";

interface OriginProps {
  run: Pick<Schemas["ExecutionOut"], "trigger_metadata">;
  className?: string;
}

/** A way to the trigger that started a run, if one did. */
export function Origin({ run, className = "" }: OriginProps) {
  const t = useTranslations("triggers");
  const { trigger_id: id, trigger_name: name } = run.trigger_metadata;
  if (typeof id !== "string" || typeof name !== "string") return null;
  return (
    <Link
      href={`/triggers/view?${new URLSearchParams({ id })}`}
      title={t("startedBy", { name })}
      className={`text-accent text-xs hover:underline ${className}`}
    >
      {name}
    </Link>
  );
}
