import { useLocale } from "next-intl";
import { ago } from "@/lib/format";

/** How long ago something was; the exact time on hover. */
export function When({ at }: { at: string | null | undefined }) {
  const locale = useLocale();
  if (!at) return <span className="text-ink-soft">—</span>;
  return (
    <time dateTime={at} title={new Date(at).toLocaleString(locale)} className="whitespace-nowrap">
      {ago(at, locale)}
    </time>
  );
}
