/** What a workflow is drafted from. */
export type Source = { text: string } | { file: File };

/** The files that can be chosen, as an `accept` attribute says it. */
export const ACCEPTED = ".txt,.md,.markdown,.pdf,text/plain,text/markdown,application/pdf";

const TEXT = /\.(txt|md|markdown)$/i;
const PDF = /\.pdf$/i;

/** How a file is taken: its text goes into the box, a PDF is sent as it is; null: not at all. */
export function kindOf({ name, type }: Pick<File, "name" | "type">): "text" | "pdf" | null {
  if (PDF.test(name) || type === "application/pdf") return "pdf";
  if (TEXT.test(name) || type === "text/plain" || type === "text/markdown") return "text";
  return null;
}

/** What would be sent; null while there is nothing. A file goes before the text in the box. */
export function sourceOf(text: string, file: File | null): Source | null {
  if (file) return { file };
  return text.trim() ? { text } : null;
}

const MARKS: [string, number[]][] = [
  ["utf-16le", [0xff, 0xfe]],
  ["utf-16be", [0xfe, 0xff]],
];

/** The text in a file of text; throws `TypeError` when it is in no Unicode encoding. */
export async function textOf(file: Blob): Promise<string> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  const marked = MARKS.find(([, mark]) => mark.every((byte, at) => bytes[at] === byte));
  return new TextDecoder(marked?.[0] ?? "utf-8", { fatal: true }).decode(bytes);
}
