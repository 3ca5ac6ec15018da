import { describe, expect, it } from "vitest";
import { drawable } from "./unfinished";

describe("a block that is still being said", () => {
  it.each([
    ["bold from its first word", "This is **very imp", "This is **very imp**"],
    ["the same while it ends", "This is **very**", "This is **very**"],
    ["and while its end is half there", "This is **very*", "This is **very**"],
    ["italic", "so *far", "so *far*"],
    ["bold in italic", "*a **b", "*a **b***"],
    ["struck out", "~~no", "~~no~~"],
    ["no product", "2*3 = 6", "2*3 = 6"],
    ["no stars apart", "2 * 3 * 4", "2 * 3 * 4"],
    ["a mark that opens", "now **", "now "],
    ["code", "run `npm i", "run `npm i`"],
    ["code with marks in it", "`a**b` is", "`a**b` is"],
    ["bold code", "**see `x", "**see `x`**"],
    ["a link's name", "see [the do", "see the do"],
    ["a link's address", "see [the docs](https://exa", "see the docs"],
    ["a whole link", "[docs](https://example.com) are", "[docs](https://example.com) are"],
    ["a picture", "![a chart](https://exa", "a chart"],
    ["a bold link", "**[docs](htt", "**docs**"],
    ["a bold link's beginning", "so **[", "so "],
    ["code in bold", "**`x", "**`x`**"],
  ])("%s", (_what, said, drawn) => {
    expect(drawable(said)).toBe(drawn);
  });

  it.each([
    ["Points:\n-", "Points:\n"],
    ["Points:\n- one\n- ", "Points:\n- one\n"],
    ["Steps:\n1", "Steps:\n"],
    ["Steps:\n1.", "Steps:\n"],
    ["Tasks:\n- [ ]", "Tasks:\n"],
    ["Title\n==", "Title\n"],
    ["##", ""],
    ["``", ""],
    [">", ""],
  ])("%j has a line that is nothing yet", (said, drawn) => {
    expect(drawable(said)).toBe(drawn);
  });

  it.each([["42 is it"], ["- one"], ["# A"], ["> so"], ["-5 degrees"], ["- [x] done"]])(
    "%j is drawn as it is",
    (said) => {
      expect(drawable(said)).toBe(said);
    },
  );

  it("a table is drawn once it is one", () => {
    const table = "| a | b |\n|---|---|\n| 1 | 2 |";
    const whole = table.indexOf("|---|---|\n") + 10;
    for (let end = 1; end < whole; end += 1) expect(drawable(table.slice(0, end))).toBe("");
    expect(drawable(table.slice(0, whole))).toBe("| a | b |\n|---|---|\n");
    expect(drawable(`So:\n${table.slice(0, 12)}`)).toBe("So:");
    expect(drawable(`${table}\n|`)).toBe(`${table}\n`);
    expect(drawable(table)).toBe(table);
  });

  it("code is drawn as it comes, without the marks that are about to end it", () => {
    expect(drawable("```py\na = **b")).toBe("```py\na = **b");
    expect(drawable("```py\na = 1\n``")).toBe("```py\na = 1");
  });
});
