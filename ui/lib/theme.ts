import { create } from "zustand";

export type Theme = "light" | "dark";

export const useTheme = create<{ theme: Theme }>(() => ({ theme: "light" }));

export function restoreTheme(): void {
  useTheme.setState({
    theme: document.documentElement.dataset.theme === "dark" ? "dark" : "light",
  });
}

export function chooseTheme(theme: Theme): void {
  localStorage.setItem("pastetrader-theme", theme);
  document.documentElement.dataset.theme = theme;
  useTheme.setState({ theme });
}
