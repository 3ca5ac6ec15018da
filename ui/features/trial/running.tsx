import { LoaderCircle } from "lucide-react";
import { useTranslations } from "next-intl";
import { useEffect, useState } from "react";

/** That it runs, and for how long already. */
export function Running() {
  const t = useTranslations("trial");
  const [seconds, setSeconds] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => setSeconds((now) => now + 1), 1_000);
    return () => clearInterval(timer);
  }, []);
  return (
    <div className="rounded-md bg-run-soft px-3 py-2 text-run">
      <p className="flex items-center gap-1.5 font-medium">
        <LoaderCircle size={16} className="animate-spin" aria-hidden />
        {t("running")}
        {/* Told once, not every second. */}
        <span className="font-normal text-xs" aria-hidden>
          {t("runningFor", { seconds })}
        </span>
      </p>
      <p className="mt-1 text-xs">{t("runningHint")}</p>
    </div>
  );
}
