import type { JsonObject } from "@/features/graph";
import { type Flag, longFlag, shortFlag, takesValue } from "./curl-flags";

/** Something that a person must know about what was filled in; `what` is a flag, a file or a name. */
export interface Note {
  code:
    | "file"
    | "ignored"
    | "insecure"
    | "json"
    | "method"
    | "more"
    | "secret"
    | "urls"
    | "variable";
  what: string;
}

/** One part of a multipart body; null stands for a file that is not here. */
export interface Part {
  name: string;
  value: string | null;
  filename?: string;
  content_type?: string;
}

/** What is gathered of a command. */
export interface Gathered {
  method: string | null;
  urls: string[];
  headers: [string, string][];
  /** Texts of -d and its kin, encoded as they are sent. */
  data: string[];
  json: string[];
  parts: Part[];
  query: string[];
  auth: JsonObject | null;
  get: boolean;
  head: boolean;
  more: JsonObject;
  notes: Note[];
}

/** What the words behind `curl` ask for. */
export function gather(words: string[]): Gathered {
  const gathered: Gathered = {
    method: null,
    urls: [],
    headers: [],
    data: [],
    json: [],
    parts: [],
    query: [],
    auth: null,
    get: false,
    head: false,
    more: {},
    notes: [],
  };
  const left = [...words];
  for (let word = left.shift(); word !== undefined; word = left.shift()) {
    if (word.startsWith("--") && word.length > 2) long(word, left, gathered);
    else if (word.startsWith("-") && word.length > 1) short(word, left, gathered);
    else gathered.urls.push(word);
  }
  return gathered;
}

function long(word: string, left: string[], gathered: Gathered): void {
  const [name = "", ...rest] = word.slice(2).split("=");
  const flag = longFlag(name);
  const given = rest.length > 0 ? rest.join("=") : undefined;
  const value = takesValue(flag) ? (given ?? left.shift() ?? "") : "";
  take(flag, `--${name}`, value, gathered);
}

/** `-sSL`, `-XPOST`, `-X POST`. */
function short(word: string, left: string[], gathered: Gathered): void {
  for (let at = 1; at < word.length; at += 1) {
    const letter = word[at] ?? "";
    const flag = shortFlag(letter);
    if (takesValue(flag)) {
      const rest = word.slice(at + 1);
      take(flag, `-${letter}`, rest || (left.shift() ?? ""), gathered);
      return;
    }
    take(flag, `-${letter}`, "", gathered);
  }
}

type Take = (value: string, gathered: Gathered) => void;

const TAKES: Partial<Record<Flag, Take>> = {
  request: (value, into) => {
    into.method = value.toUpperCase();
  },
  header: (value, into) => header(value, into),
  data: (value, into) =>
    value.startsWith("@") ? file(value.slice(1), into) : into.data.push(value),
  dataRaw: (value, into) => into.data.push(value),
  dataEncoded: (value, into) => encoded(value, into.data, into),
  json: (value, into) =>
    value.startsWith("@") ? file(value.slice(1), into) : into.json.push(value),
  form: (value, into) => part(value, into),
  formText: (value, into) => {
    const [name = "", ...rest] = value.split("=");
    into.parts.push({ name, value: rest.join("=") });
  },
  user: (value, into) => {
    const [username = "", ...password] = value.split(":");
    into.auth = { type: "basic", username, password: password.join(":") };
  },
  bearer: (token, into) => {
    into.auth = { type: "bearer", token };
  },
  cookie: (value, into) =>
    value.includes("=") ? into.headers.push(["Cookie", value]) : file(value, into),
  agent: (value, into) => into.headers.push(["User-Agent", value]),
  referer: (value, into) => into.headers.push(["Referer", value.split(";auto")[0] ?? ""]),
  range: (value, into) => into.headers.push(["Range", `bytes=${value}`]),
  url: (value, into) => into.urls.push(value),
  urlQuery: (value, into) => encoded(value.replace(/^\+/, ""), into.query, into),
  maxTime: (value, into) => seconds("total_timeout_seconds", value, into),
  connectTimeout: (value, into) => seconds("connect_timeout_seconds", value, into),
  get: (_value, into) => {
    into.get = true;
  },
  head: (_value, into) => {
    into.head = true;
  },
  location: (_value, into) => {
    into.more.follow_redirects = true;
  },
  insecure: (_value, into) => into.notes.push({ code: "insecure", what: "-k" }),
  upload: (value, into) => {
    into.method ??= "PUT";
    file(value, into);
  },
  quiet: () => undefined,
};

function take(flag: Flag, written: string, value: string, gathered: Gathered): void {
  const known = TAKES[flag];
  if (known) known(value, gathered);
  else gathered.notes.push({ code: "ignored", what: written });
}

function file(name: string, { notes }: Gathered): void {
  notes.push({ code: "file", what: name });
}

function seconds(name: string, value: string, { more }: Gathered): void {
  if (Number(value) > 0) more[name] = Number(value);
}

function header(text: string, { headers }: Gathered): void {
  // `Name;` is an empty header, `Name:` takes one away.
  const empty = /^([^:;]+);\s*$/.exec(text);
  if (empty?.[1]) headers.push([empty[1].trim(), ""]);
  const [name = "", ...rest] = text.split(":");
  const value = rest.join(":").trim();
  if (rest.length > 0 && value) headers.push([name.trim(), value]);
}

/** `text`, `=text`, `name=text`; files stay out. */
function encoded(value: string, into: string[], gathered: Gathered): void {
  const equals = value.indexOf("=");
  const at = value.indexOf("@");
  if (at >= 0 && (equals < 0 || at < equals)) {
    file(value.slice(at + 1), gathered);
    return;
  }
  const name = value.slice(0, Math.max(0, equals));
  const text = encodeURIComponent(value.slice(equals + 1));
  into.push(name ? `${name}=${text}` : text);
}

function part(value: string, gathered: Gathered): void {
  const [name = "", ...rest] = value.split("=");
  const [text = "", ...options] = rest.join("=").split(/;(?=\s*(?:type|filename)=)/);
  const option = (wanted: string) =>
    options
      .map((each) => each.trim().split("="))
      .find(([key]) => key === wanted)?.[1]
      ?.replace(/^"|"$/g, "");
  const made: Part = { name, value: text };
  const filename = option("filename");
  const type = option("type");
  if (/^[@<]/.test(text)) {
    file(text.slice(1), gathered);
    made.value = null;
    if (text.startsWith("@")) made.filename = text.slice(1).split(/[/\\]/).at(-1) ?? "";
  }
  if (filename) made.filename = filename;
  if (type) made.content_type = type;
  gathered.parts.push(made);
}
