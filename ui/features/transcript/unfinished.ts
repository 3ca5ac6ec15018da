import { isFenced } from "./blocks";

/** A line that is nothing yet, such as `-`, `##`, `1.`, `- [ ]`, or the line below a table's head. */
const ONLY_MARKS = /^[ \t]*(?:[-+*_=#>|~`:]|\d{1,9}[.)]?)[-+*_=#>|~`: \t]*(?:\[[ xX]?\]?[ \t]*)?$/;
const OPEN_LINK = /!?\[([^[\]]*)(?:\](?:\([^()\s]*)?)?$/;
const CODE = /(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)/g;

/** The block that is being said, without what may yet become something else. */
export function drawable(block: string): string {
  if (isFenced(block)) return block.replace(/\n[ \t]*[`~]+$/, "");
  const lines = block.split("\n");
  if (ONLY_MARKS.test(lines.at(-1) ?? "")) lines[lines.length - 1] = "";
  const settled = withoutTableHead(lines);
  const last = settled.pop();
  return last === undefined ? "" : [...settled, closed(last)].join("\n");
}

/** A table is one once the line below its head is whole; until then it would be a paragraph. */
function withoutTableHead(lines: string[]): string[] {
  const whole = lines.at(-1) === "" ? lines.slice(0, -1) : lines;
  const before = whole.findLastIndex((line) => !line.startsWith("|"));
  const rows = whole.length - 1 - before;
  const needed = whole.length < lines.length ? 2 : 3;
  return rows > 0 && rows < needed ? lines.slice(0, before + 1) : lines;
}

/** A line with what it opens closed: bold text is bold from its first word on. */
function closed(line: string): string {
  const given = line.replace(/[*_~`![]+$/, "");
  // Nothing in code is a mark.
  const plain = given.replace(CODE, (code) => "x".repeat(code.length));
  const code = /`+/.exec(plain);
  if (code) return given + code[0] + closing(`${plain.slice(0, code.index)}x`);
  const link = OPEN_LINK.exec(plain);
  if (!link) return given + closing(plain);
  const name = link.index + link[0].indexOf("[") + 1;
  const cut = (text: string) =>
    text.slice(0, link.index) + text.slice(name, name + (link[1]?.length ?? 0));
  return cut(given) + closing(cut(plain));
}

/** What closes the emphasis that a text leaves open. */
function closing(text: string): string {
  const open: string[] = [];
  for (const { 0: mark, index } of text.matchAll(/\*{1,3}|~~/g)) {
    const [before, after] = [text[index - 1] ?? " ", text[index + mark.length] ?? " "];
    const at = open.lastIndexOf(mark);
    // The star in `2*3` is a product's.
    const opens = after.trim() !== "" && (mark.length > 1 || /[\s\p{P}]/u.test(before));
    if (at >= 0 && before.trim() !== "") open.splice(at);
    else if (opens) open.push(mark);
  }
  return open.reverse().join("");
}
