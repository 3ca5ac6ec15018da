"use client";

import { useQueryClient } from "@tanstack/react-query";
import {
  BookOpen,
  Bot,
  CalendarClock,
  Gauge,
  KeyRound,
  Languages,
  ListChecks,
  LockKeyhole,
  LogOut,
  Moon,
  Stamp,
  Sun,
  Users,
  Workflow,
  Wrench,
} from "lucide-react";
import Link from "next/link";
import { usePathname } from "next/navigation";
import { useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { IconButton } from "@/components/button";
import { api } from "@/lib/api/client";
import { signedOut, useSession } from "@/lib/api/session";
import { chooseLocale, LOCALES, useLocaleChoice } from "@/lib/i18n/locale";
import { chooseTheme, useTheme } from "@/lib/theme";

const ROOMS = [
  { href: "/", key: "dashboard", icon: Gauge },
  { href: "/workflows", key: "workflows", icon: Workflow },
  { href: "/triggers", key: "triggers", icon: CalendarClock },
  { href: "/executions", key: "executions", icon: ListChecks },
  { href: "/approvals", key: "approvals", icon: Stamp },
  { href: "/agents", key: "agents", icon: Bot },
  { href: "/tools", key: "tools", icon: Wrench },
  { href: "/secrets", key: "secrets", icon: LockKeyhole },
  { href: "/users", key: "users", icon: Users, admin: true },
  { href: "/settings", key: "settings", icon: KeyRound },
] as const;

type Room = (typeof ROOMS)[number]["key"];

interface ShellProps {
  /** What is shown beside the names of rooms. */
  badges?: Partial<Record<Room, ReactNode>>;
  children: ReactNode;
}

export function Shell({ badges = {}, children }: ShellProps) {
  const t = useTranslations("shell");
  return (
    <div className="flex h-dvh flex-col md:flex-row">
      <a
        href="#main"
        className="sr-only focus:not-sr-only focus:absolute focus:z-50 focus:bg-surface focus:p-3"
      >
        {t("skip")}
      </a>
      <nav
        aria-label={t("rooms")}
        className="flex shrink-0 items-center gap-1 border-line border-b bg-surface p-2 md:w-14 md:flex-col md:border-r md:border-b-0 lg:w-48 lg:items-stretch"
      >
        <Link href="/" className="flex items-center gap-2 px-2 py-1 font-semibold md:mb-3">
          <img src="/icon.svg" alt="" width={24} height={24} />
          <span className="hidden lg:inline">PasteTrader</span>
        </Link>
        <Rooms badges={badges} />
        <div className="ml-auto flex items-center gap-1 md:mt-auto md:ml-0 md:flex-col lg:flex-row lg:flex-wrap">
          <Corner />
        </div>
      </nav>
      <div className="min-h-0 min-w-0 flex-1 overflow-auto">{children}</div>
    </div>
  );
}

function Rooms({ badges }: { badges: NonNullable<ShellProps["badges"]> }) {
  const t = useTranslations("shell");
  const path = usePathname();
  const admin = useSession((state) => state.user?.role === "admin");
  return ROOMS.filter((room) => admin || !("admin" in room)).map(({ href, key, icon: Icon }) => {
    const here = href === "/" ? path === "/" : path.startsWith(href);
    return (
      <Link
        key={href}
        href={href}
        aria-current={here ? "page" : undefined}
        title={t(key)}
        className={`relative flex items-center gap-2.5 rounded-md px-2.5 py-2 hover:bg-sunken ${here ? "bg-accent-soft font-medium text-accent" : "text-ink-soft"}`}
      >
        <Icon size={18} aria-hidden />
        <span className="sr-only lg:not-sr-only">{t(key)}</span>
        {badges[key]}
      </Link>
    );
  });
}

function Corner() {
  const t = useTranslations("shell");
  const theme = useTheme((state) => state.theme);
  const locale = useLocaleChoice((state) => state.locale);
  const queries = useQueryClient();
  const other = locale === "en" ? "ko" : "en";
  async function leave(): Promise<void> {
    await api.POST("/api/v1/auth/logout");
    queries.clear();
    signedOut();
  }
  return (
    <>
      <IconButton
        label={theme === "dark" ? t("light") : t("dark")}
        onClick={() => chooseTheme(theme === "dark" ? "light" : "dark")}
      >
        {theme === "dark" ? <Sun size={18} /> : <Moon size={18} />}
      </IconButton>
      <IconButton label={LOCALES[other]} onClick={() => chooseLocale(other)}>
        <Languages size={18} />
      </IconButton>
      <a
        href="/docs"
        title={t("apiDocs")}
        aria-label={t("apiDocs")}
        className="rounded-md p-2 text-ink-soft hover:bg-sunken"
      >
        <BookOpen size={18} aria-hidden />
      </a>
      <IconButton label={t("signOut")} onClick={() => void leave()}>
        <LogOut size={18} />
      </IconButton>
    </>
  );
}
