import { type FocusEvent, type KeyboardEvent, useEffect, useRef } from "react";

const CARDS = "[data-card]";
const STEPS: Record<string, number> = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 };

/**
 * Leads the focus from card to card by `j` and `k` or the arrows. A card that goes away while it
 * has the focus leaves it to the one that takes its place.
 */
export function useCardKeys(ids: string[]) {
  const list = useRef<HTMLUListElement>(null);
  const last = useRef<number | null>(null);
  const cards = () => [...(list.current?.querySelectorAll<HTMLElement>(CARDS) ?? [])];
  const shown = ids.join();
  // biome-ignore lint/correctness/useExhaustiveDependencies: only other cards can have taken the focus away
  useEffect(() => {
    const lost = document.activeElement === document.body;
    if (!lost || last.current === null) return;
    const all = cards();
    all[Math.min(last.current, all.length - 1)]?.focus();
  }, [shown]);
  function onFocus({ target }: FocusEvent): void {
    const here = cards().findIndex((card) => card.contains(target));
    if (here >= 0) last.current = here;
  }
  function onKeyDown(event: KeyboardEvent): void {
    const all = cards();
    const here = all.indexOf(event.target as HTMLElement);
    const step = STEPS[keyOf(event)];
    // Keys that a field needs are left to it.
    if (step === undefined || here < 0 || hasModifier(event)) return;
    const next = all[here + step];
    if (!next) return;
    event.preventDefault();
    next.focus();
    next.scrollIntoView({ block: "nearest" });
  }
  return { list, onFocus, onKeyDown };
}

/** What a key is called: the Latin letter on it, too, while it writes another script. */
export function keyOf({ key, code }: KeyboardEvent): string {
  if (/^[a-z]$/i.test(key)) return key.toLowerCase();
  return /^Key[A-Z]$/.test(code) ? code.slice(3).toLowerCase() : key;
}

export function hasModifier(event: KeyboardEvent): boolean {
  return event.ctrlKey || event.metaKey || event.altKey;
}
