import Link from "next/link";
import { useTranslations } from "next-intl";
import { Dialog } from "@/components/dialog";
import { LoadMore } from "@/components/load-more";
import { Empty, Loaded } from "@/components/states";
import { Table } from "@/components/table";
import { When } from "@/components/when";
import { type Notice, type Notification, useNotices } from "./api";

interface HistoryProps {
  notification: Notification;
  onClose: () => void;
}

/** What was told, and why what was not could not be. */
export function History({ notification, onClose }: HistoryProps) {
  const t = useTranslations("notifications");
  const query = useNotices(notification.id);
  const title = t("historyTitle", { name: notification.name });
  const head = [t("when"), t("occasions"), t("status"), t("attempts"), t("run")];
  return (
    <Dialog open onOpenChange={onClose} title={title} description={t("historyLead")} wide>
      <Loaded query={query}>
        {(notices) =>
          notices.length === 0 ? (
            <Empty title={t("nothingTold")} />
          ) : (
            <Table label={title} head={head}>
              {notices.map((notice) => (
                <Row key={notice.id} notice={notice} />
              ))}
            </Table>
          )
        }
      </Loaded>
      <LoadMore query={query} />
    </Dialog>
  );
}

const LOOKS = { pending: "text-ink-soft", sent: "text-ok", failed: "text-bad" };

function Row({ notice }: { notice: Notice }) {
  const t = useTranslations("notifications");
  const { occasion, status, attempts, error, execution_id, created_at } = notice;
  return (
    <tr data-notice={status}>
      <td>
        <When at={created_at} />
      </td>
      <td>{execution_id ? t(`occasion.${occasion}`) : t("sample")}</td>
      <td className="w-full min-w-40">
        <span className={`font-medium ${LOOKS[status]}`}>{t(`statuses.${status}`)}</span>
        {error && <span className="block break-words text-bad text-xs">{error}</span>}
      </td>
      <td className="tabular-nums">{attempts}</td>
      <td>
        {execution_id && (
          <Link href={`/executions/view?id=${execution_id}`} className="text-accent underline">
            {t("openRun")}
          </Link>
        )}
      </td>
    </tr>
  );
}
