export interface Rows {
  rows: string[][];
  /** Whether the last row has its line break; without one it may go on where a text was cut. */
  ended: boolean;
}

/**
 * Rows of a text after RFC 4180. Read leniently: lines may end in CR or LF alone, a quote inside of a
 * plain field stands for itself, and what follows a closing quote belongs to the field.
 */
export function parseRows(text: string, delimiter = ","): Rows {
  const rows: string[][] = [];
  let row: string[] = [];
  let at = text.startsWith("\uFEFF") ? 1 : 0;
  let ended = true;
  while (at < text.length || !ended) {
    const field = fieldAt(text, at, delimiter);
    row.push(field.value);
    at = field.end;
    if (text[at] === delimiter) {
      at += 1;
      ended = false;
      continue;
    }
    rows.push(row);
    row = [];
    ended = at < text.length;
    if (!ended) break;
    at += text.startsWith("\r\n", at) ? 2 : 1;
  }
  return { rows, ended };
}

interface Field {
  value: string;
  /** Where its delimiter, its line break or the end of the text is. */
  end: number;
}

function fieldAt(text: string, start: number, delimiter: string): Field {
  const quoted = text[start] === '"' ? quotedAt(text, start + 1) : { value: "", end: start };
  let end = quoted.end;
  while (end < text.length && text[end] !== delimiter && text[end] !== "\r" && text[end] !== "\n")
    end += 1;
  return { value: quoted.value + text.slice(quoted.end, end), end };
}

/** What is between quotes, the first of which is before `start`; two of them stand for one. */
function quotedAt(text: string, start: number): Field {
  let at = start;
  for (;;) {
    const quote = text.indexOf('"', at);
    if (quote < 0) return { value: unescaped(text.slice(start)), end: text.length };
    if (text[quote + 1] !== '"')
      return { value: unescaped(text.slice(start, quote)), end: quote + 1 };
    at = quote + 2;
  }
}

function unescaped(text: string): string {
  return text.replaceAll('""', '"');
}
