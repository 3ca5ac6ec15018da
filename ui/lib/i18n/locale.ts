import { create } from "zustand";
import { messages as en } from "@/messages/en";

export type Locale = "en" | "ko";
export type Messages = typeof en;
export const LOCALES: Record<Locale, string> = { en: "English", ko: "한국어" };

const KEPT = "pastetrader-locale";
// English is what pages are exported in; another language is loaded by who reads it.
const SOURCES: Record<Locale, () => Promise<Messages>> = {
  en: async () => en,
  ko: async () => (await import("@/messages/ko")).messages,
};

export const useLocaleChoice = create<{ locale: Locale; messages: Messages }>(() => ({
  locale: "en",
  messages: en,
}));

/** Take up the stored choice, else the browser's language. */
export function restoreLocale(): void {
  const stored = localStorage.getItem(KEPT);
  const wanted = stored ?? navigator.language.slice(0, 2);
  if (wanted === "ko") void take("ko");
}

export function chooseLocale(locale: Locale): void {
  localStorage.setItem(KEPT, locale);
  void take(locale);
}

async function take(locale: Locale): Promise<void> {
  const messages = await SOURCES[locale]();
  useLocaleChoice.setState({ locale, messages });
}
