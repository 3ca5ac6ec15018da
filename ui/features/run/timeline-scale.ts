/** A stretch of the run's time: either shown at full length or folded to a mark. */
export interface Stretch {
  from: number;
  to: number;
  folded: boolean;
  /** Place on the axis, from 0 to 1. */
  left: number;
  right: number;
}

export interface Span {
  from: number;
  to: number;
  waits: boolean;
}

const FOLD_FROM_MS = 3_000;
const FOLD_SHARE = 0.25;
const FOLDED_WIDTH = 0.04;

/** Cut the time of a run where nothing but waiting happens for long, so that the work is readable.
 *
 * Times are in milliseconds since the run began.
 */
export function stretches(spans: Span[], total: number): Stretch[] {
  const idle = gaps(
    spans.filter((span) => !span.waits),
    total,
  ).filter(({ from, to }) => to - from > FOLD_FROM_MS && to - from > total * FOLD_SHARE);
  const cuts = [0, ...idle.flatMap(({ from, to }) => [from, to]), total];
  const parts = cuts.slice(1).flatMap((to, index) => {
    const from = cuts[index] ?? 0;
    const folded = idle.some((gap) => gap.from === from && gap.to === to);
    return to > from ? [{ from, to, folded }] : [];
  });
  const foldedCount = parts.filter((part) => part.folded).length;
  const open = parts.reduce((sum, part) => sum + (part.folded ? 0 : part.to - part.from), 0);
  const room = open > 0 ? 1 - foldedCount * FOLDED_WIDTH : 0;
  let at = 0;
  return parts.map((part) => {
    const share = open > 0 ? ((part.to - part.from) / open) * room : 0;
    const width = part.folded ? (open > 0 ? FOLDED_WIDTH : 1 / foldedCount) : share;
    const stretch = { ...part, left: at, right: at + width };
    at += width;
    return stretch;
  });
}

/** Where a moment lies on the axis, from 0 to 1. */
export function place(parts: Stretch[], moment: number): number {
  const part = parts.find((each) => moment <= each.to) ?? parts.at(-1);
  if (!part) return 0;
  const share = (Math.max(moment, part.from) - part.from) / (part.to - part.from);
  return part.left + Math.min(share, 1) * (part.right - part.left);
}

/** Where no span is, between 0 and `total`. */
function gaps(spans: Span[], total: number): { from: number; to: number }[] {
  const sorted = [...spans].sort((a, b) => a.from - b.from);
  const found: { from: number; to: number }[] = [];
  let reached = 0;
  for (const { from, to } of sorted) {
    if (from > reached) found.push({ from: reached, to: from });
    reached = Math.max(reached, to);
  }
  if (reached < total) found.push({ from: reached, to: total });
  return found;
}
