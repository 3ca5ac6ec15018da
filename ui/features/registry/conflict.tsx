import { useQuery } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { Button } from "@/components/button";
import { Dialog } from "@/components/dialog";
import { Loaded } from "@/components/states";
import { type Difference, differences } from "./drafts";
import type { Draft, RegistryName, Stored } from "./registry";
import type { RoomState } from "./use-room";

interface ConflictProps<S extends Stored, D extends Draft> {
  room: RoomState<S, D>;
  id: string;
}

/** Another tab or person saved it meanwhile: shows the difference and lets people choose. */
export function Conflict<S extends Stored, D extends Draft>({ room, id }: ConflictProps<S, D>) {
  const { name, fetch, draftOf, partsOf } = room.registry;
  const t = useTranslations(name);
  const theirs = useQuery({
    queryKey: ["conflict", name, id],
    queryFn: () => fetch(id),
    gcTime: 0,
  });
  return (
    <Dialog
      open
      wide
      onOpenChange={room.closeConflict}
      title={t("conflict.title")}
      description={t("conflict.lead")}
    >
      <Loaded query={theirs}>
        {(stored) => (
          <>
            <Differences
              name={name}
              parts={differences(partsOf(draftOf(stored)), partsOf(room.draft))}
            />
            <div className="mt-5 flex flex-wrap justify-end gap-2">
              <Button onClick={() => room.takeTheirs(stored)}>{t("conflict.takeTheirs")}</Button>
              <Button look="primary" onClick={() => room.keepMine(stored)}>
                {t("conflict.keepMine")}
              </Button>
            </div>
          </>
        )}
      </Loaded>
    </Dialog>
  );
}

function Differences({ name, parts }: { name: RegistryName; parts: Difference[] }) {
  const t = useTranslations(name);
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
              {(["theirs", "mine"] as const).map((side) => (
                <td key={side} className="px-2 py-1">
                  <pre className="whitespace-pre-wrap break-words font-mono">
                    {shown(each[side])}
                  </pre>
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
