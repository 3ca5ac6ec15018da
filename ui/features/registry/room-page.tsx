import { useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { LeaveGuard } from "@/components/leave-guard";
import { UsedBy } from "@/components/used-by";
import { Page } from "@/features/shell";
import { Actions } from "./actions";
import { Conflict } from "./conflict";
import type { Draft, Stored } from "./registry";
import type { RoomState } from "./use-room";

interface RoomPageProps<S extends Stored, D extends Draft> {
  room: RoomState<S, D>;
  /** Of a new one; a stored one is called by its name. */
  newTitle: string;
  /** How wide the editor is, and what stands beside it. */
  columns: string;
  aside: ReactNode;
  children: ReactNode;
}

/** An editor, and beside it the place to try what it makes. */
export function RoomPage<S extends Stored, D extends Draft>({
  room,
  newTitle,
  columns,
  aside,
  children,
}: RoomPageProps<S, D>) {
  const t = useTranslations(room.registry.name);
  const { stored, mine } = room;
  return (
    <Page title={stored?.name ?? newTitle} actions={<Actions room={room} />}>
      <LeaveGuard when={room.dirty && mine} />
      {!mine && <p className="mb-4 rounded-md bg-sunken px-3 py-2">{t("others")}</p>}
      {room.error !== null && <UsedBy error={room.error} />}
      <div className={`grid items-start gap-6 ${columns}`}>
        <div className="min-w-0 rounded-lg border border-line bg-surface p-4">{children}</div>
        {aside}
      </div>
      {room.conflict && stored && <Conflict room={room} id={stored.id} />}
    </Page>
  );
}
