import { CircleAlert, LoaderCircle } from "lucide-react";
import { useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { Problem } from "@/lib/api/problem";
import { Button } from "./button";

export function Loading({ tall = false }: { tall?: boolean }) {
  const t = useTranslations("states");
  return (
    <div
      role="status"
      className={`flex items-center justify-center gap-2 text-ink-soft ${tall ? "h-dvh" : "py-12"}`}
    >
      <LoaderCircle className="animate-spin" size={18} aria-hidden />
      {t("loading")}
    </div>
  );
}

export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="rounded-lg border border-line border-dashed px-6 py-12 text-center">
      <p className="font-medium">{title}</p>
      <div className="mt-2 text-ink-soft">{children}</div>
    </div>
  );
}

/** What went wrong and what to do about it. */
export function Failure({ error, retry }: { error: unknown; retry?: () => void }) {
  const t = useTranslations("states");
  const known = error instanceof Problem ? error : null;
  const message =
    known?.code === "UNREACHABLE" ? t("unreachable") : error instanceof Error ? error.message : "";
  return (
    <div role="alert" className="flex gap-3 rounded-lg bg-bad-soft p-4 text-bad">
      <CircleAlert size={18} className="mt-0.5 shrink-0" aria-hidden />
      <div className="min-w-0">
        <p className="break-words font-medium">{message}</p>
        {known?.items.slice(0, 10).map((item) => (
          <p key={`${item.path}${item.message}`} className="mt-1 break-words text-sm">
            {item.path && <code className="mr-1">{item.path}</code>}
            {item.message}
          </p>
        ))}
        {known?.requestId && (
          <p className="mt-1 text-xs opacity-80">
            {t("request")} <code>{known.requestId}</code>
          </p>
        )}
        {retry && (
          <Button className="mt-3" onClick={retry}>
            {t("retry")}
          </Button>
        )}
      </div>
    </div>
  );
}

interface QueryLike<T> {
  data: T | undefined;
  error: unknown;
  refetch: () => unknown;
}

/** A query's data once it is there; until then, that it loads or why it failed. */
export function Loaded<T>({
  query,
  children,
}: {
  query: QueryLike<T>;
  children: (data: T) => ReactNode;
}) {
  if (query.data !== undefined) return children(query.data);
  if (query.error) return <Failure error={query.error} retry={() => void query.refetch()} />;
  return <Loading />;
}
