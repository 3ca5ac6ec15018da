import { expect, it } from "vitest";
import { blocksOf, definitionsIn, isTooMuch, withoutNotes } from "./blocks";

const trimmed = (text: string) => blocksOf(text).map((block) => block.trim());

it("paragraphs are apart; a list, what is indented in it, and code stay whole", () => {
  const list = "1. one\n\n   more\n\n2. two\n\n- other";
  const code = "```\na\n\nb\n~~~\n\n```";
  expect(trimmed(`# A\n\nb\nc\n\n${list}\n\nd\n\n${code}\n\ne`)).toEqual([
    "# A",
    "b\nc",
    list,
    "d",
    code,
    "e",
  ]);
});

it("together they are the text, and what comes later is only put behind them", () => {
  const text = "a\n\n- b\n\n```\nc\n\nd\n```\n\n| e |\n|---|\n\nf";
  expect(blocksOf(text).join("\n")).toBe(text);
  for (let end = 0; end < text.length; end += 1) {
    const settled = trimmed(text.slice(0, end)).slice(0, -1);
    const later = trimmed(text);
    expect(settled.every((block, index) => later[index]?.startsWith(block))).toBe(true);
  }
});

it("definitions of links are found, notes are left as they are written", () => {
  const text = "[a][1]\n\n[1]: https://example.com\n[^n]: a note";
  expect(definitionsIn(text)).toBe("[1]: https://example.com");
  expect(withoutNotes("[^n]: a note")).toBe("\\[^n]: a note");
  expect(withoutNotes("```\n[^n]: code")).toBe("```\n[^n]: code");
});

it.each([
  ["quotes in quotes", `${">".repeat(2_000)}x`],
  ["lists in lists", `${"- ".repeat(2_000)}x`],
  ["emphasis in emphasis", "*a ".repeat(2_000) + "b* ".repeat(2_000)],
  ["no end", "word ".repeat(10_000)],
])("%s are too much to draw", (_what, text) => {
  expect(isTooMuch(text)).toBe(true);
});

it.each([
  ["a long paragraph", "A **word** and more. ".repeat(100)],
  ["a list in a list in a quote", "> - 1. deep"],
  ["code full of marks", `\`\`\`\n${"a[0] * b_c\n".repeat(1_000)}\`\`\``],
])("%s is not", (_what, text) => {
  expect(isTooMuch(text)).toBe(false);
});
