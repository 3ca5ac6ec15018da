/** What a flag of cURL means here. */
export type Flag =
  | "request"
  | "header"
  | "data"
  | "dataRaw"
  | "dataEncoded"
  | "json"
  | "form"
  | "formText"
  | "user"
  | "bearer"
  | "cookie"
  | "agent"
  | "referer"
  | "range"
  | "url"
  | "urlQuery"
  | "maxTime"
  | "connectTimeout"
  | "get"
  | "head"
  | "location"
  | "insecure"
  | "upload"
  | "quiet"
  | "ignored"
  | "ignoredValue";

const LONG: Record<string, Flag> = {
  request: "request",
  header: "header",
  data: "data",
  "data-ascii": "data",
  "data-binary": "data",
  "data-raw": "dataRaw",
  "data-urlencode": "dataEncoded",
  json: "json",
  form: "form",
  "form-string": "formText",
  user: "user",
  "oauth2-bearer": "bearer",
  cookie: "cookie",
  "user-agent": "agent",
  referer: "referer",
  range: "range",
  url: "url",
  "url-query": "urlQuery",
  "max-time": "maxTime",
  "connect-timeout": "connectTimeout",
  get: "get",
  head: "head",
  location: "location",
  "location-trusted": "location",
  insecure: "insecure",
  "upload-file": "upload",
};
const SHORT: Record<string, Flag> = {
  X: "request",
  H: "header",
  d: "data",
  F: "form",
  u: "user",
  b: "cookie",
  A: "agent",
  e: "referer",
  r: "range",
  m: "maxTime",
  G: "get",
  I: "head",
  L: "location",
  k: "insecure",
  T: "upload",
};
// What they change is only how cURL itself shows its work.
const QUIET = new Set([
  "basic",
  "compressed",
  "fail",
  "fail-with-body",
  "globoff",
  "include",
  "no-buffer",
  "progress-bar",
  "silent",
  "show-error",
  "verbose",
]);
const QUIET_SHORT = "sSvifgN#";
const WITH_VALUE = new Set([
  "cacert",
  "capath",
  "cert",
  "cert-type",
  "ciphers",
  "config",
  "connect-to",
  "cookie-jar",
  "dump-header",
  "interface",
  "key",
  "key-type",
  "limit-rate",
  "max-filesize",
  "max-redirs",
  "noproxy",
  "output",
  "pass",
  "proxy",
  "proxy-header",
  "proxy-user",
  "resolve",
  "retry",
  "retry-delay",
  "retry-max-time",
  "socks5",
  "tls-max",
  "unix-socket",
  "write-out",
]);
const WITH_VALUE_SHORT = "oxcwEKDUCyYPQtzh";
const VALUELESS: ReadonlySet<Flag> = new Set([
  "get",
  "head",
  "location",
  "insecure",
  "quiet",
  "ignored",
]);

export function longFlag(name: string): Flag {
  if (QUIET.has(name)) return "quiet";
  return LONG[name] ?? (WITH_VALUE.has(name) ? "ignoredValue" : "ignored");
}

export function shortFlag(letter: string): Flag {
  if (QUIET_SHORT.includes(letter)) return "quiet";
  return SHORT[letter] ?? (WITH_VALUE_SHORT.includes(letter) ? "ignoredValue" : "ignored");
}

export function takesValue(flag: Flag): boolean {
  return !VALUELESS.has(flag);
}
