import { useTranslations } from "next-intl";
import { useState } from "react";
import { Select } from "@/components/field";
import { LoadMore } from "@/components/load-more";
import { Empty, Loaded } from "@/components/states";
import { Table } from "@/components/table";
import { When } from "@/components/when";
import { type Delivery, type Trigger, useDeliveries } from "./api";
import { Mark } from "./mark";
import { RunLink } from "./run-link";

const STATUSES = ["accepted", "skipped", "refused"] as const satisfies Delivery["status"][];
const TONES = { accepted: "ok", skipped: "plain", refused: "bad" } as const;

/** Every call to a webhook, newest first. */
export function Deliveries({ trigger }: { trigger: Trigger }) {
  const t = useTranslations("triggers");
  const [status, setStatus] = useState<Delivery["status"] | "">("");
  const query = useDeliveries(trigger.id, status);
  const head = [t("status"), t("received"), t("delivery"), t("body"), t("run"), t("reason")];
  return (
    <section aria-labelledby="deliveries" className="mt-6 min-w-0">
      <div className="mb-2 flex flex-wrap items-center justify-between gap-2">
        <h2 id="deliveries" className="font-semibold text-base">
          {t("deliveries")}
        </h2>
        <Select
          aria-label={t("statusOfDeliveries")}
          className="max-w-44"
          value={status}
          onChange={({ target }) => setStatus(target.value as typeof status)}
        >
          <option value="">{t("anyStatus")}</option>
          {STATUSES.map((each) => (
            <option key={each} value={each}>
              {t(`deliveryStatus.${each}`)}
            </option>
          ))}
        </Select>
      </div>
      <Loaded query={query}>
        {(deliveries) =>
          deliveries.length > 0 ? (
            <Table label={t("deliveries")} head={head}>
              {deliveries.map((delivery) => (
                <Row key={delivery.id} delivery={delivery} />
              ))}
            </Table>
          ) : (
            <Empty title={t("noDeliveries")}>{t("noDeliveriesHint")}</Empty>
          )
        }
      </Loaded>
      <LoadMore query={query} />
    </section>
  );
}

function Row({ delivery }: { delivery: Delivery }) {
  const t = useTranslations("triggers");
  const { status, received_at, delivery_id, preview, content_type } = delivery;
  return (
    <tr data-delivery={delivery_id}>
      <td>
        <Mark tone={TONES[status]} status={status}>
          {t(`deliveryStatus.${status}`)}
        </Mark>
      </td>
      <td>
        <When at={received_at} />
      </td>
      <td className="max-w-40 truncate" title={delivery_id}>
        <code className="text-xs">{delivery_id}</code>
      </td>
      <td className="w-full max-w-0" title={content_type ?? undefined}>
        <code className="block truncate text-xs">{preview ?? ""}</code>
      </td>
      <td>
        <RunLink id={delivery.execution_id} status={delivery.execution_status} />
      </td>
      <td className="min-w-40 break-words text-ink-soft text-xs">{delivery.detail}</td>
    </tr>
  );
}
