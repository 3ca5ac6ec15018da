const FENCE = /^ {0,3}(`{3,}|~{3,})/;
const ITEM = /^ {0,3}(?:[-+*]|\d{1,9}[.)])[ \t]/;
const DEFINITION = /^ {0,3}\[[^\]^][^\]]*\]:[ \t]*\S+.*$/gm;

const LONGEST = 20_000;
const MOST_MARKS = 1_000;
/** Containers in each other, such as quotes in lists. */
const TOO_DEEP = /^(?:[ \t]*(?:>|[-+*]|\d{1,9}[.)])){13}/m;
const MARKS = /[*_~[\]`]/g;

/** The parts of a Markdown text that can be drawn each on its own; a further piece changes the last. */
export function blocksOf(text: string): string[] {
  const blocks: string[][] = [[]];
  let fence: string | null = null;
  let blank = false;
  for (const line of text.split("\n")) {
    const apart = fence === null && blank && line.trim() !== "";
    if (apart && !goesOn(blocks.at(-1)?.[0] ?? "", line)) blocks.push([]);
    blocks.at(-1)?.push(line);
    blank = line.trim() === "";
    fence = fenceAfter(fence, line);
  }
  return blocks.map((lines) => lines.join("\n"));
}

/** Whether a line goes on, after a blank one, with what the block's first line begins. */
function goesOn(first: string, line: string): boolean {
  return /^[ \t]/.test(line) || (ITEM.test(first) && ITEM.test(line));
}

/** The fence that is open behind a line of text; null for none. */
function fenceAfter(open: string | null, line: string): string | null {
  const mark = FENCE.exec(line)?.[1];
  if (mark === undefined) return open;
  if (open === null) return mark;
  const closes = mark[0] === open[0] && mark.length >= open.length && line.trim() === mark;
  return closes ? null : open;
}

export function isFenced(block: string): boolean {
  return FENCE.test(block);
}

/** Whether it would take too long to draw: nobody writes this, but a model can be made to. */
export function isTooMuch(block: string): boolean {
  if (block.length > LONGEST) return true;
  if (isFenced(block)) return false;
  return TOO_DEEP.test(block) || (block.match(MARKS)?.length ?? 0) > MOST_MARKS;
}

/** Where the links lead that name their target elsewhere in the text, as Markdown. */
export function definitionsIn(text: string): string {
  return (text.match(DEFINITION) ?? []).join("\n");
}

/** Footnotes would be numbered from one in each block: they stay as they were written. */
export function withoutNotes(block: string): string {
  return isFenced(block) ? block : block.replace(/^( {0,3})\[\^/gm, "$1\\[^");
}
