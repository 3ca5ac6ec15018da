import { Copy, Save, Trash2 } from "lucide-react";
import { useRouter } from "next/navigation";
import { useTranslations } from "next-intl";
import { useEffect, useState } from "react";
import { Button, ButtonLink } from "@/components/button";
import { useMayWrite } from "@/features/auth";
import { Delete } from "./delete";
import { type Draft, editPath, type Stored } from "./registry";
import type { RoomState } from "./use-room";

interface ActionsProps<S extends Stored, D extends Draft> {
  room: RoomState<S, D>;
}

/** Ways out of an editor, and what can be done with what it holds. */
export function Actions<S extends Stored, D extends Draft>({ room }: ActionsProps<S, D>) {
  const { registry, stored, draft, mine, dirty, busy } = room;
  const t = useTranslations(registry.name);
  const common = useTranslations("common");
  const router = useRouter();
  const mayWrite = useMayWrite();
  const [deleting, setDeleting] = useState(false);
  const ready = mayWrite && mine && (dirty || !stored) && !busy && registry.isWhole(draft);
  useSaveKeys(ready ? room.save : null);
  return (
    <>
      {dirty && mine && (
        <span data-unsaved className="self-center text-ink-soft text-xs">
          {t("unsaved")}
        </span>
      )}
      <ButtonLink href={`/${registry.name}`}>{t("all")}</ButtonLink>
      {stored && mayWrite && (
        <ButtonLink href={editPath(registry.name, { copy: stored.id })}>
          <Copy size={15} aria-hidden />
          {t("duplicate")}
        </ButtonLink>
      )}
      {stored && mayWrite && mine && (
        <Button look="danger" onClick={() => setDeleting(true)}>
          <Trash2 size={15} aria-hidden />
          {common("delete")}
        </Button>
      )}
      {mayWrite && mine && (
        <Button
          look="primary"
          aria-keyshortcuts="Control+s"
          busy={busy}
          disabled={!ready}
          onClick={room.save}
        >
          {!busy && <Save size={15} aria-hidden />}
          {common("save")}
        </Button>
      )}
      {deleting && stored && (
        <Delete
          registry={registry}
          stored={stored}
          onClose={() => setDeleting(false)}
          onRefused={room.refuse}
          onDone={() => router.push(`/${registry.name}`)}
        />
      )}
    </>
  );
}

/** Ctrl+S saves, and never opens the browser's own dialog. */
function useSaveKeys(save: (() => void) | null): void {
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() !== "s" || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      if (!document.querySelector("[role=dialog]")) save?.();
    };
    window.addEventListener("keydown", press, true);
    return () => window.removeEventListener("keydown", press, true);
  }, [save]);
}
