import { describe, expect, it } from "vitest";
import { kindOf, sourceOf, textOf } from "./source";

const file = (name: string, type = "") => new File(["x"], name, { type });

describe("what can be drafted from", () => {
  it.each([
    ["notes.txt", "", "text"],
    ["README.MD", "", "text"],
    ["report.PDF", "", "pdf"],
    ["scan", "application/pdf", "pdf"],
    ["plain", "text/plain", "text"],
    // Browsers do not know Markdown on every system.
    ["plan.md", "application/octet-stream", "text"],
    ["photo.png", "image/png", null],
    ["letter.docx", "", null],
  ])("%s of type “%s” is taken as %s", (name, type, kind) => {
    expect(kindOf({ name, type })).toBe(kind);
  });

  it("blanks are nothing, and a file goes before the text", () => {
    expect(sourceOf("  \n", null)).toBeNull();
    expect(sourceOf(" buy low ", null)).toEqual({ text: " buy low " });
    const given = file("a.pdf");
    expect(sourceOf("text", given)).toEqual({ file: given });
  });
});

describe("the text in a file", () => {
  it.each([
    ["UTF-8", [0xea, 0xb0, 0x80], "가"],
    ["UTF-8 with a mark", [0xef, 0xbb, 0xbf, 0x61], "a"],
    ["UTF-16 as Windows writes it", [0xff, 0xfe, 0x00, 0xac], "가"],
    ["UTF-16 the other way round", [0xfe, 0xff, 0xac, 0x00], "가"],
  ])("is read from %s", async (_name, bytes, text) => {
    expect(await textOf(new Blob([new Uint8Array(bytes)]))).toBe(text);
  });

  it("is refused rather than garbled in any other encoding", async () => {
    // 가 in EUC-KR.
    await expect(textOf(new Blob([new Uint8Array([0xb0, 0xa1])]))).rejects.toThrow(TypeError);
  });
});
