"use client";

import { Languages, Moon, Sun } from "lucide-react";
import { useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { IconButton } from "@/components/button";
import { chooseLocale, LOCALES, useLocaleChoice } from "@/lib/i18n/locale";
import { chooseTheme, useTheme } from "@/lib/theme";

interface FrameProps {
  title: string;
  lead: string;
  wide?: boolean;
  children: ReactNode;
}

/** The page around a form that is shown to nobody in particular. */
export function Frame({ title, lead, wide = false, children }: FrameProps) {
  return (
    <div className="flex min-h-dvh flex-col">
      <div className="flex justify-end gap-1 p-3">
        <Switches />
      </div>
      <main
        id="main"
        className={`mx-auto w-full flex-1 px-4 pt-[8vh] pb-12 ${wide ? "max-w-xl" : "max-w-sm"}`}
      >
        <div className="mb-6 flex items-center gap-2.5 font-semibold text-lg">
          <img src="/icon.svg" alt="" width={32} height={32} />
          PasteTrader
        </div>
        <div className="rounded-xl border border-line bg-surface p-6 shadow-sm">
          <h1 className="font-semibold text-lg">{title}</h1>
          <p className="mt-1 mb-5 text-ink-soft">{lead}</p>
          {children}
        </div>
      </main>
    </div>
  );
}

function Switches() {
  const t = useTranslations("shell");
  const theme = useTheme((state) => state.theme);
  const locale = useLocaleChoice((state) => state.locale);
  const otherTheme = theme === "dark" ? "light" : "dark";
  const otherLocale = locale === "en" ? "ko" : "en";
  return (
    <>
      <IconButton label={t(otherTheme)} onClick={() => chooseTheme(otherTheme)}>
        {theme === "dark" ? <Sun size={18} /> : <Moon size={18} />}
      </IconButton>
      <IconButton label={LOCALES[otherLocale]} onClick={() => chooseLocale(otherLocale)}>
        <Languages size={18} />
      </IconButton>
    </>
  );
}
