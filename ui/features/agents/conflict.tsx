import { useQuery } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { Button } from "@/components/button";
import { Dialog } from "@/components/dialog";
import { Loaded } from "@/components/states";
import { type Agent, type Content, fetchAgent } from "./api";
import { contentOf, differences, draftOf } from "./draft";

interface ConflictProps {
  id: string;
  mine: Content;
  onTheirs: (agent: Agent) => void;
  onMine: (agent: Agent) => void;
  onClose: () => void;
}

/** Another tab or person saved the agent meanwhile: shows the difference and lets people choose. */
export function Conflict({ id, mine, onTheirs, onMine, onClose }: ConflictProps) {
  const t = useTranslations("agents");
  const theirs = useQuery({
    queryKey: ["agent-conflict", id],
    queryFn: () => fetchAgent(id),
    gcTime: 0,
  });
  return (
    <Dialog
      open
      wide
      onOpenChange={onClose}
      title={t("conflict.title")}
      description={t("conflict.lead")}
    >
      <Loaded query={theirs}>
        {(agent) => (
          <>
            <Difference theirs={contentOf(draftOf(agent))} mine={mine} />
            <div className="mt-5 flex flex-wrap justify-end gap-2">
              <Button onClick={() => onTheirs(agent)}>{t("conflict.takeTheirs")}</Button>
              <Button look="primary" onClick={() => onMine(agent)}>
                {t("conflict.keepMine")}
              </Button>
            </div>
          </>
        )}
      </Loaded>
    </Dialog>
  );
}

function Difference({ theirs, mine }: { theirs: Content; mine: Content }) {
  const t = useTranslations("agents");
  const parts = differences(theirs, mine);
  if (parts.length === 0) return <p className="text-ink-soft">{t("conflict.same")}</p>;
  const columns = ["part", "theirs", "mine"] as const;
  return (
    <section
      aria-label={t("conflict.title")}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keyboard
      tabIndex={0}
      className="max-h-[50vh] overflow-auto rounded-md border border-line"
    >
      <table className="w-full table-fixed text-left text-xs">
        <thead className="bg-sunken">
          <tr>
            {columns.map((column) => (
              <th key={column} scope="col" className="px-2 py-1 font-medium first:w-28">
                {t(`conflict.${column}`)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody className="divide-y divide-line align-top">
          {parts.map((each) => (
            <tr key={each.part}>
              <th scope="row" className="px-2 py-1 font-medium">
                {t(`parts.${each.part as "name"}`)}
              </th>
              {([each.theirs, each.mine] as const).map((value, index) => (
                <td key={columns[index + 1]} className="px-2 py-1">
                  <pre className="whitespace-pre-wrap break-words font-mono">{shown(value)}</pre>
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function shown(value: unknown): string {
  return typeof value === "string" ? value : (JSON.stringify(value, null, 2) ?? "—");
}
