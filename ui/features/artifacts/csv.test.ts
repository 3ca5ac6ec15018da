import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseRows } from "./csv";

const rows = (text: string, delimiter?: string) => parseRows(text, delimiter).rows;

function written(table: string[][], end: string): string {
  const cell = (text: string) => `"${text.replaceAll('"', '""')}"`;
  return table.map((row) => row.map(cell).join(",") + end).join("");
}

describe("rows of a CSV text", () => {
  it.each([
    [
      "a,b\n1,2\n",
      [
        ["a", "b"],
        ["1", "2"],
      ],
    ],
    [
      "a,b\r\n1,2\r\n",
      [
        ["a", "b"],
        ["1", "2"],
      ],
    ],
    ["a\r1\r", [["a"], ["1"]]],
    [
      "a,b\n1,2",
      [
        ["a", "b"],
        ["1", "2"],
      ],
    ],
    ["", []],
    [",", [["", ""]]],
    ["a,\n", [["a", ""]]],
    ["a\n\nb\n", [["a"], [""], ["b"]]],
    ['"a,b",c\n', [["a,b", "c"]]],
    ['"a\nb"\n', [["a\nb"]]],
    ['"say ""no""",x\n', [['say "no"', "x"]]],
    ['""\n', [[""]]],
    ['5" tube,x\n', [['5" tube', "x"]]],
    ['"a"b,c\n', [["ab", "c"]]],
    ['"never closed,\nb', [["never closed,\nb"]]],
    ["\uFEFFa,b\n", [["a", "b"]]],
    [" a , b \n", [[" a ", " b "]]],
  ])("of %j", (text, expected) => {
    expect(rows(text)).toEqual(expected);
  });

  it("may be parted by tabs", () => {
    expect(rows("a,b\tc\n", "\t")).toEqual([["a,b", "c"]]);
  });

  it("come back as they were written, whatever is in them", () => {
    const cells = fc.string({ unit: fc.constantFrom(...'ab,"\r\n \t') });
    const table = fc.array(fc.array(cells, { minLength: 1 }));
    fc.assert(
      fc.property(table, fc.constantFrom("\n", "\r\n", "\r"), (given, end) => {
        expect(rows(written(given, end))).toEqual(given);
      }),
    );
  });

  it("tell whether the last one may go on", () => {
    for (const text of ["", "a\n", "a\r\n", '"a\nb"\n']) expect(parseRows(text).ended).toBe(true);
    for (const text of ["a", "a\nb", "a,", '"a\n']) expect(parseRows(text).ended).toBe(false);
  });

  it("of a cut text are those of the whole one, but for the last", () => {
    const text = 'name,note\r\n"a, b","say ""no"""\r\nc,d\r\n';
    const whole = rows(text);
    for (let cut = 0; cut < text.length; cut += 1) {
      const part = parseRows(text.slice(0, cut));
      const sure = part.ended ? part.rows : part.rows.slice(0, -1);
      expect(sure).toEqual(whole.slice(0, sure.length));
    }
  });
});
