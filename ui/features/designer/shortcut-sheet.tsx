import { useTranslations } from "next-intl";
import { Dialog } from "@/components/dialog";
import { SHORTCUTS } from "./shortcuts";

interface ShortcutSheetProps {
  open: boolean;
  onOpenChange: (open: boolean) => void;
}

export function ShortcutSheet(props: ShortcutSheetProps) {
  const t = useTranslations("designer");
  const mod = typeof navigator !== "undefined" && /Mac/.test(navigator.userAgent) ? "⌘" : "Ctrl";
  return (
    <Dialog {...props} title={t("shortcuts")}>
      <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1.5">
        {SHORTCUTS.map(([keys, what]) => (
          <div key={keys} className="contents">
            <dt>
              <kbd className="rounded border border-line bg-sunken px-1.5 py-0.5 text-xs">
                {keys.replace("Mod", mod)}
              </kbd>
            </dt>
            <dd>{t(what)}</dd>
          </div>
        ))}
      </dl>
      <p className="mt-4 text-ink-soft text-xs">{t("keyboardHint")}</p>
    </Dialog>
  );
}
