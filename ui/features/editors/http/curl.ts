import type { JsonObject } from "@/features/graph";
import { bodyOf } from "./curl-body";
import { dropHeader, fieldsOf, type Headers, headerNamed, merged } from "./curl-fields";
import { type Gathered, gather, type Note } from "./curl-gathered";
import { OpenQuote, shellWords } from "./shell-words";

export type Curl =
  | { ok: true; request: JsonObject; notes: Note[] }
  | { ok: false; reason: "notCurl" | "openQuote" | "noUrl" };

const METHODS = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);

/** The request that a cURL command would send, as a configuration; nothing is sent. */
export function parseCurl(command: string): Curl {
  let read: ReturnType<typeof shellWords>;
  try {
    read = shellWords(command);
  } catch (error) {
    if (error instanceof OpenQuote) return { ok: false, reason: "openQuote" };
    throw error;
  }
  const [program, ...words] = read.words;
  if (!/^(.*[/\\])?curl(\.exe)?$/i.test(program ?? "")) return { ok: false, reason: "notCurl" };
  const gathered = gather(words);
  if (read.more) gathered.notes.push({ code: "more", what: "" });
  for (const what of read.variables) gathered.notes.push({ code: "variable", what });
  const [url, ...others] = gathered.urls;
  if (!url) return { ok: false, reason: "noUrl" };
  if (others.length > 0) gathered.notes.push({ code: "urls", what: url });
  return { ok: true, request: requestOf(gathered, url), notes: unique(gathered.notes) };
}

function requestOf(gathered: Gathered, written: string): JsonObject {
  const headers = merged(gathered.headers);
  const auth = authOf(gathered, headers);
  const body = gathered.get ? {} : bodyOf(gathered, headers);
  const texts = gathered.get ? [...gathered.query, ...gathered.data] : gathered.query;
  const { url, query } = addressOf(written, texts);
  const secret = auth.type !== "none" || "Cookie" in headers;
  if (secret) gathered.notes.push({ code: "secret", what: "" });
  return {
    method: methodOf(gathered, Object.keys(body).length > 0),
    url,
    query,
    headers,
    auth,
    ...body,
    ...gathered.more,
  };
}

function methodOf({ method, head, notes }: Gathered, hasBody: boolean): string {
  const wanted = method ?? (head ? "HEAD" : hasBody ? "POST" : "GET");
  if (METHODS.has(wanted)) return wanted;
  notes.push({ code: "method", what: wanted });
  return hasBody ? "POST" : "GET";
}

/** The header that proves who calls, as what it is made of where that is known. */
function authOf({ auth }: Gathered, headers: Headers): JsonObject {
  const written = headerNamed(headers, "authorization");
  if (written === undefined) return auth ?? { type: "none" };
  const [, scheme = "", value = ""] = /^(\w+)\s+(.+)$/.exec(written) ?? [];
  const basic = scheme.toLowerCase() === "basic" ? decoded(value) : null;
  if (scheme.toLowerCase() === "bearer") {
    dropHeader(headers, "authorization");
    return { type: "bearer", token: value };
  }
  if (basic?.includes(":")) {
    dropHeader(headers, "authorization");
    const [username = "", ...password] = basic.split(":");
    return { type: "basic", username, password: password.join(":") };
  }
  return { type: "none" };
}

function decoded(base64: string): string | null {
  try {
    const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}

/** The URL without its query where that is made of names and values. */
function addressOf(written: string, added: string[]): { url: string; query: JsonObject } {
  const [whole = ""] = written.split("#");
  const full = /^[a-z][a-z\d+.-]*:\/\/|^\{\{/i.test(whole) ? whole : `http://${whole}`;
  const [url = "", ...rest] = full.split("?");
  const texts = [rest.join("?"), ...added].flatMap((text) => text.split("&")).filter(Boolean);
  const query = fieldsOf(texts);
  return query ? { url, query } : { url: `${url}?${texts.join("&")}`, query: {} };
}

function unique(notes: Note[]): Note[] {
  return [...new Map(notes.map((note) => [`${note.code} ${note.what}`, note])).values()];
}
