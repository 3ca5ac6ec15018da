import { useLocale, useTranslations } from "next-intl";
import { useState } from "react";
import { Select } from "@/components/field";
import { LoadMore } from "@/components/load-more";
import { Empty, Loaded } from "@/components/states";
import { Table } from "@/components/table";
import { type Firing, type Trigger, useHistory } from "./api";
import { Mark } from "./mark";
import { RunLink } from "./run-link";
import { clock } from "./words";
import { ownZone } from "./zone";

const STATUSES = [
  "pending",
  "waiting",
  "started",
  "skipped",
  "refused",
  "withdrawn",
] as const satisfies Firing["status"][];
const TONES = {
  pending: "wait",
  waiting: "wait",
  started: "ok",
  skipped: "plain",
  refused: "bad",
  withdrawn: "plain",
} as const;

/** Every firing, newest first, and what became of it. */
export function History({ trigger }: { trigger: Trigger }) {
  const t = useTranslations("triggers");
  const [status, setStatus] = useState<Firing["status"] | "">("");
  const query = useHistory(trigger.id, status);
  const zone = trigger.config.type === "schedule" ? trigger.config.time_zone : ownZone();
  const head = [t("status"), t("cause"), t("scheduledAt"), t("firedAt"), t("run"), t("reason")];
  return (
    <section aria-labelledby="history" className="min-w-0">
      <div className="mb-2 flex flex-wrap items-center justify-between gap-2">
        <h2 id="history" className="font-semibold text-base">
          {t("history")}
        </h2>
        <Select
          aria-label={t("statusOfFirings")}
          className="max-w-44"
          value={status}
          onChange={({ target }) => setStatus(target.value as typeof status)}
        >
          <option value="">{t("anyStatus")}</option>
          {STATUSES.map((each) => (
            <option key={each} value={each}>
              {t(`firingStatus.${each}`)}
            </option>
          ))}
        </Select>
      </div>
      <Loaded query={query}>
        {(firings) =>
          firings.length > 0 ? (
            <Table label={t("history")} head={head}>
              {firings.map((firing) => (
                <Row key={firing.id} firing={firing} zone={zone} />
              ))}
            </Table>
          ) : (
            <Empty title={t("noFirings")}>{t("noFiringsHint")}</Empty>
          )
        }
      </Loaded>
      <LoadMore query={query} />
    </section>
  );
}

function Row({ firing, zone }: { firing: Firing; zone: string }) {
  const t = useTranslations("triggers");
  const locale = useLocale();
  const { status, cause, scheduled_at, fired_at, error, execution_id, execution_status } = firing;
  return (
    <tr data-firing={firing.id}>
      <td>
        <Mark tone={TONES[status]} status={status}>
          {t(`firingStatus.${status}`)}
        </Mark>
      </td>
      <td className="whitespace-nowrap">{t(`causes.${cause}`)}</td>
      <td className="whitespace-nowrap tabular-nums">{clock(scheduled_at, zone, locale)}</td>
      <td className="whitespace-nowrap tabular-nums">{clock(fired_at, zone, locale)}</td>
      <td>
        <RunLink id={execution_id} status={execution_status} />
      </td>
      <td className="min-w-40 break-words text-bad text-xs">{error}</td>
    </tr>
  );
}
