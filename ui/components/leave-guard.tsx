"use client";

import { useRouter } from "next/navigation";
import { useTranslations } from "next-intl";
import { useEffect, useState } from "react";
import { Button } from "./button";
import { Dialog } from "./dialog";

/** Asks before a page with something unsaved is left. */
export function LeaveGuard({ when }: { when: boolean }) {
  const t = useTranslations("common");
  const router = useRouter();
  const [wanted, setWanted] = useState<string | null>(null);
  useEffect(() => {
    if (!when) return;
    const unload = (event: BeforeUnloadEvent) => event.preventDefault();
    const click = (event: MouseEvent) => {
      const path = pathLeftFor(event);
      if (path === null) return;
      event.preventDefault();
      event.stopPropagation();
      setWanted(path);
    };
    const travel = (event: NavigateEvent) => {
      if (event.navigationType !== "traverse" || !event.cancelable || event.hashChange) return;
      event.preventDefault();
      const { pathname, search } = new URL(event.destination.url);
      setWanted(pathname + search);
    };
    // Not every browser tells of going back before it does.
    const travels = "navigation" in window ? window.navigation : null;
    window.addEventListener("beforeunload", unload);
    window.addEventListener("click", click, true);
    travels?.addEventListener("navigate", travel);
    return () => {
      window.removeEventListener("beforeunload", unload);
      window.removeEventListener("click", click, true);
      travels?.removeEventListener("navigate", travel);
    };
  }, [when]);
  return (
    <Dialog
      open={wanted !== null}
      onOpenChange={() => setWanted(null)}
      title={t("leaveTitle")}
      description={t("leaveText")}
    >
      <div className="flex justify-end gap-2">
        <Button onClick={() => setWanted(null)}>{t("stay")}</Button>
        <Button
          look="danger"
          onClick={() => {
            setWanted(null);
            if (wanted !== null) router.push(wanted);
          }}
        >
          {t("leave")}
        </Button>
      </div>
    </Dialog>
  );
}

/** The room that a plain click on a link leads to; null for any other click, or one that stays here. */
function pathLeftFor(event: MouseEvent): string | null {
  if (event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey)
    return null;
  const link = event.target instanceof Element ? event.target.closest("a[href]") : null;
  if (!(link instanceof HTMLAnchorElement) || link.target === "_blank" || link.download)
    return null;
  const to = new URL(link.href, location.href);
  // The browser itself asks before it leaves for another site.
  if (to.origin !== location.origin) return null;
  const here = to.pathname === location.pathname && to.search === location.search;
  return here ? null : to.pathname + to.search;
}
