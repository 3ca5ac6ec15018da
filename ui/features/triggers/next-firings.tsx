import { useLocale, useTranslations } from "next-intl";
import { Failure, Loading } from "@/components/states";
import { ago } from "@/lib/format";
import { clock } from "./words";
import { ownZone } from "./zone";

interface NextFiringsProps {
  /** The answer, for the zone that was asked about last. */
  preview: { times: string[]; time_zone: string } | undefined;
  /** Why they are not known, where no field says so. */
  error: unknown;
  /** Whether enough is written to know them. */
  known: boolean;
}

/** When a schedule fires next, by its own clock and by the reader's. */
export function NextFirings({ preview, error, known }: NextFiringsProps) {
  const t = useTranslations("triggers");
  return (
    <section aria-labelledby="next-firings" aria-live="polite">
      <h2 id="next-firings" className="mb-2 font-semibold text-base">
        {t("nextFirings")}
      </h2>
      {error ? (
        <Failure error={error} />
      ) : !known ? (
        <p className="text-ink-soft">{t("nextNotYet")}</p>
      ) : preview === undefined ? (
        <Loading />
      ) : preview.times.length === 0 ? (
        <p className="text-ink-soft">{t("nextNever")}</p>
      ) : (
        <Times times={preview.times} zone={preview.time_zone} />
      )}
    </section>
  );
}

function Times({ times, zone }: { times: string[]; zone: string }) {
  const t = useTranslations("triggers");
  const locale = useLocale();
  const own = ownZone();
  return (
    <>
      <p className="mb-2 text-ink-soft text-xs">
        {own === zone ? t("inZone", { zone }) : t("inZones", { zone, own })}
      </p>
      <ol className="divide-y divide-line rounded-lg border border-line bg-surface" data-firings>
        {times.map((at) => (
          <li key={at} className="px-3 py-1.5">
            <div className="flex flex-wrap items-baseline justify-between gap-x-3">
              <time dateTime={at} className="tabular-nums">
                {clock(at, zone, locale)}
              </time>
              <span className="text-ink-soft text-xs">{ago(at, locale)}</span>
            </div>
            {own !== zone && (
              <div className="text-ink-soft text-xs tabular-nums">{clock(at, own, locale)}</div>
            )}
          </li>
        ))}
      </ol>
    </>
  );
}
