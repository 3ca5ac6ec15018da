import { type RefObject, useEffect } from "react";
import { complain, say } from "@/components/toasts";
import { copySelected, duplicateSelected, pasteText } from "./clipboard";
import { redo, removeSelected, select, undo, useDesigner } from "./store";

export interface Openers {
  run: () => void;
  find: () => void;
  help: () => void;
  save: () => void;
  arrange: () => void;
  fit: () => void;
}

/** Key → what it does, as the sheet of shortcuts lists them; `Mod` is Ctrl or ⌘. */
export const SHORTCUTS = [
  ["/", "searchPalette"],
  ["Mod+Enter", "run"],
  ["Mod+S", "saveShortcut"],
  ["Mod+F", "find"],
  ["Mod+Z", "undo"],
  ["Mod+Shift+Z", "redo"],
  ["Mod+C", "copyNodes"],
  ["Mod+V", "pasteNodes"],
  ["Mod+D", "duplicate"],
  ["Mod+A", "selectAll"],
  ["Delete", "deleteNode"],
  ["Shift+L", "arrange"],
  ["F", "fit"],
  ["Tab", "nextNode"],
  ["Escape", "deselect"],
  ["?", "shortcuts"],
] as const;

function typing(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable ||
      target.closest("input, textarea, select, [role=dialog], [role=menu]") !== null)
  );
}

/** `Mod+Shift+Z` for what was pressed; letters in upper case. */
function pressed(event: KeyboardEvent): string {
  const name = event.key.length === 1 ? event.key.toUpperCase() : event.key;
  const shift = event.shiftKey && /^[A-Z]$|^[A-Z]\w+$/.test(name);
  return [event.ctrlKey || event.metaKey ? "Mod" : "", shift ? "Shift" : "", name]
    .filter(Boolean)
    .join("+");
}

export function useShortcuts(search: RefObject<HTMLInputElement | null>, openers: Openers): void {
  useEffect(() => {
    const actions: Record<string, () => void> = {
      "/": () => search.current?.focus(),
      "Mod+Z": undo,
      "Mod+Shift+Z": redo,
      "Mod+Y": redo,
      "Mod+D": duplicateSelected,
      "Mod+A": () => select(useDesigner.getState().nodes.map((node) => node.id)),
      "Mod+C": () => void copySelected().catch(complain),
      "Shift+L": openers.arrange,
      F: openers.fit,
      "?": openers.help,
      Delete: removeSelected,
      Backspace: removeSelected,
      Escape: () => select([]),
    };
    // These work in the middle of typing too.
    const always: Record<string, () => void> = {
      "Mod+Enter": openers.run,
      "Mod+S": openers.save,
      "Mod+F": openers.find,
    };
    const press = (event: KeyboardEvent) => {
      const name = pressed(event);
      const action = always[name] ?? (typing(event.target) ? undefined : actions[name]);
      if (!action) return;
      event.preventDefault();
      action();
    };
    const paste = (event: ClipboardEvent) => {
      if (typing(event.target)) return;
      const text = event.clipboardData?.getData("text/plain") ?? "";
      if (pasteText(text)) event.preventDefault();
    };
    window.addEventListener("keydown", press);
    window.addEventListener("paste", paste);
    return () => {
      window.removeEventListener("keydown", press);
      window.removeEventListener("paste", paste);
    };
  }, [search, openers]);
}

/** For the menu: the browser asks whether the page may read the clipboard. */
export async function pasteFromClipboard(nothing: string): Promise<void> {
  const text = await navigator.clipboard.readText();
  if (!pasteText(text)) say(nothing, true);
}
