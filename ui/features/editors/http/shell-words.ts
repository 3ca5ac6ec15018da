/** The words of one shell command: quotes taken off, variables left as they are written. */
export interface Words {
  words: string[];
  /** Names of variables that a shell would have put values in for. */
  variables: string[];
  /** Whether more stands behind the command, such as a pipe. */
  more: boolean;
}

export class OpenQuote extends Error {}

const ENDS = new Set(["|", ";", ">", "<", "(", ")"]);
const VARIABLE = /^\$(?:\{([A-Za-z_]\w*)\}|([A-Za-z_]\w*))/;
const ESCAPES: Record<string, string> = {
  n: "\n",
  r: "\r",
  t: "\t",
  a: "\x07",
  b: "\b",
  f: "\f",
  v: "\v",
  e: "\x1b",
};

/** Raises `OpenQuote` for a quote that does not end. */
export function shellWords(command: string): Words {
  return new Reader(plain(command)).read();
}

/** Without the carets of Windows, and on one line. */
function plain(command: string): string {
  const windows = /\^["\r\n]/.test(command);
  const text = windows
    ? command.replace(/\^(\r?\n|[\s\S])/g, (_all, next: string) => (/\n/.test(next) ? " " : next))
    : command;
  return text.replace(/\\\r?\n/g, " ").trim();
}

class Reader {
  private at = 0;
  private word: string | null = null;
  private readonly words: string[] = [];
  private readonly variables = new Set<string>();

  constructor(private readonly text: string) {}

  read(): Words {
    let more = false;
    while (this.at < this.text.length && !more) more = this.step();
    this.endWord();
    return { words: this.words, variables: [...this.variables], more };
  }

  /** Take in what begins here; true when the command ends before it. */
  private step(): boolean {
    const char = this.text[this.at] ?? "";
    if (/\s/.test(char)) return this.skip();
    if (this.word === null && (ENDS.has(char) || /^&(&|\s|$)/.test(this.text.slice(this.at))))
      return true;
    if (char === "'") this.add(this.until("'", 1));
    else if (char === '"') this.doubled();
    else if (char === "$" && this.text[this.at + 1] === "'") this.ansi();
    else if (char === "\\") this.add(this.text[this.at + 1] ?? "", 2);
    else {
      this.notice();
      this.add(char, 1);
    }
    return false;
  }

  private skip(): boolean {
    this.endWord();
    this.at += 1;
    return false;
  }

  private add(text: string, length = 0): void {
    this.word = (this.word ?? "") + text;
    this.at += length;
  }

  private endWord(): void {
    if (this.word !== null) this.words.push(this.word);
    this.word = null;
  }

  /** The text up to the closing quote, which is passed over. */
  private until(quote: string, opening: number): string {
    const begin = this.at + opening;
    const end = this.text.indexOf(quote, begin);
    if (end < 0) throw new OpenQuote();
    this.at = end + 1;
    return this.text.slice(begin, end);
  }

  /** The character here, inside a quote that must end. */
  private here(): string {
    const char = this.text[this.at];
    if (char === undefined) throw new OpenQuote();
    return char;
  }

  private doubled(): void {
    this.add("", 1);
    for (let char = this.here(); char !== '"'; char = this.here()) {
      const escaped = char === "\\" && /["\\$`]/.test(this.text[this.at + 1] ?? "");
      if (escaped) this.add(this.text[this.at + 1] ?? "", 2);
      else {
        this.notice();
        this.add(char, 1);
      }
    }
    this.add("", 1);
  }

  /** `$'…'`, in which a backslash writes any character. */
  private ansi(): void {
    this.add("", 2);
    for (let char = this.here(); char !== "'"; char = this.here()) {
      if (char === "\\") this.escape();
      else this.add(char, 1);
    }
    this.add("", 1);
  }

  private escape(): void {
    const rest = this.text.slice(this.at + 1);
    const code = /^(?:x([\da-fA-F]{1,2})|u([\da-fA-F]{1,4})|U([\da-fA-F]{1,8}))/.exec(rest);
    const digits = code?.[1] ?? code?.[2] ?? code?.[3];
    const point = digits === undefined ? Number.NaN : Number.parseInt(digits, 16);
    if (code && point <= 0x10ffff) this.add(String.fromCodePoint(point), code[0].length + 1);
    else this.add(ESCAPES[rest[0] ?? ""] ?? rest[0] ?? "", 2);
  }

  private notice(): void {
    const found = VARIABLE.exec(this.text.slice(this.at));
    const name = found?.[1] ?? found?.[2];
    if (name) this.variables.add(name);
  }
}
