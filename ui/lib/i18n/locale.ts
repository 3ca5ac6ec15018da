import { create } from "zustand";
import { messages as en } from "@/messages/en";
import { messages as ko } from "@/messages/ko";

export type Locale = "en" | "ko";
export const LOCALES: Record<Locale, string> = { en: "English", ko: "한국어" };
export const MESSAGES: Record<Locale, typeof en> = { en, ko };

const KEPT = "pastetrader-locale";

export const useLocaleChoice = create<{ locale: Locale }>(() => ({ locale: "en" }));

/** Take up the stored choice, else the browser's language. */
export function restoreLocale(): void {
  const stored = localStorage.getItem(KEPT);
  const wanted = stored ?? navigator.language.slice(0, 2);
  useLocaleChoice.setState({ locale: wanted === "ko" ? "ko" : "en" });
}

export function chooseLocale(locale: Locale): void {
  localStorage.setItem(KEPT, locale);
  useLocaleChoice.setState({ locale });
}
