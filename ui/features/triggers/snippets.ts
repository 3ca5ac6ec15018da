import type { Verification } from "./types";

/** What a caller signs, and where it says so, with `<now>`, `<signature>` and `<delivery>` in it. */
interface Scheme {
  /** What stands before the body in what is signed. */
  before: string;
  headers: Record<string, string>;
}

const SCHEMES: Record<Exclude<Verification, "none">, Scheme> = {
  hmac: {
    before: "<now>.<delivery>.",
    headers: {
      "X-PasteTrader-Timestamp": "<now>",
      "X-PasteTrader-Signature": "sha256=<signature>",
      "X-PasteTrader-Delivery": "<delivery>",
    },
  },
  github: {
    before: "",
    headers: { "X-Hub-Signature-256": "sha256=<signature>", "X-GitHub-Delivery": "<delivery>" },
  },
  stripe: { before: "<now>.", headers: { "Stripe-Signature": "t=<now>,v1=<signature>" } },
  slack: {
    before: "v0:<now>:",
    headers: { "X-Slack-Request-Timestamp": "<now>", "X-Slack-Signature": "v0=<signature>" },
  },
};

export const LANGUAGES = ["curl", "python", "node"] as const;
export type SnippetLanguage = (typeof LANGUAGES)[number];

const BODY = '{"hello": "world"}';

/** A program that calls a webhook as it wants to be called; the secret is in WEBHOOK_SECRET. */
export function snippet(
  language: SnippetLanguage,
  verification: Verification,
  url: string,
): string {
  const scheme = verification === "none" ? null : SCHEMES[verification];
  const lines = { curl, python, node }[language](scheme, url);
  return `${lines.join("\n")}\n`;
}

function uses(scheme: Scheme, mark: string): boolean {
  return [scheme.before, ...Object.values(scheme.headers)].some((text) => text.includes(mark));
}

/** A text in which each mark is a variable, as a language writes it. */
function filled(text: string, variable: (name: string) => string): string {
  return text.replace(/<(\w+)>/g, (_mark, name: string) => variable(name));
}

function curl(scheme: Scheme | null, url: string): string[] {
  const value = (text: string) => filled(text, (name) => `\${${name}}`);
  const headers = Object.entries(scheme?.headers ?? {});
  return [
    `body='${BODY}'`,
    ...(scheme && uses(scheme, "<now>") ? ["now=$(date +%s)"] : []),
    ...(scheme && uses(scheme, "<delivery>") ? ["delivery=$(openssl rand -hex 16)"] : []),
    ...(scheme
      ? [
          `signature=$(printf '%s' "${value(scheme.before)}\${body}" |`,
          `  openssl dgst -sha256 -hmac "$WEBHOOK_SECRET" | sed 's/^.* //')`,
        ]
      : []),
    `curl '${url}' \\`,
    "  -H 'Content-Type: application/json' \\",
    ...headers.map(([name, text]) => `  -H "${name}: ${value(text)}" \\`),
    '  --data-binary "$body"',
  ];
}

function python(scheme: Scheme | null, url: string): string[] {
  const value = (text: string) => `f"${filled(text, (name) => `{${name}}`)}"`;
  const time = scheme !== null && uses(scheme, "<now>");
  const id = scheme !== null && uses(scheme, "<delivery>");
  const imports = [...(scheme ? ["hashlib", "hmac", "os"] : []), ...(time ? ["time"] : [])];
  return [
    ...imports.map((name) => `import ${name}`),
    "import urllib.request",
    ...(id ? ["import uuid"] : []),
    "",
    `body = b'${BODY}'`,
    ...(time ? ["now = int(time.time())"] : []),
    ...(id ? ["delivery = uuid.uuid4()"] : []),
    ...(scheme
      ? [
          'secret = os.environ["WEBHOOK_SECRET"].encode()',
          `signed = ${scheme.before ? `${value(scheme.before)}.encode() + body` : "body"}`,
          "signature = hmac.new(secret, signed, hashlib.sha256).hexdigest()",
        ]
      : []),
    "headers = {",
    '    "Content-Type": "application/json",',
    ...Object.entries(scheme?.headers ?? {}).map(
      ([name, text]) => `    "${name}": ${value(text)},`,
    ),
    "}",
    `request = urllib.request.Request("${url}", body, headers)`,
    "print(urllib.request.urlopen(request).read().decode())",
  ];
}

function node(scheme: Scheme | null, url: string): string[] {
  const value = (text: string) => `\`${filled(text, (name) => `\${${name}}`)}\``;
  const time = scheme !== null && uses(scheme, "<now>");
  const id = scheme !== null && uses(scheme, "<delivery>");
  const crypto = [...(scheme ? ["createHmac"] : []), ...(id ? ["randomUUID"] : [])];
  return [
    ...(scheme ? [`import { ${crypto.join(", ")} } from "node:crypto";`, ""] : []),
    `const body = '${BODY}';`,
    ...(time ? ["const now = Math.floor(Date.now() / 1000);"] : []),
    ...(id ? ["const delivery = randomUUID();"] : []),
    ...(scheme
      ? [
          'const signature = createHmac("sha256", process.env.WEBHOOK_SECRET)',
          `  .update(${scheme.before ? `${value(scheme.before)} + body` : "body"})`,
          '  .digest("hex");',
        ]
      : []),
    `const answer = await fetch("${url}", {`,
    '  method: "POST",',
    "  headers: {",
    '    "Content-Type": "application/json",',
    ...Object.entries(scheme?.headers ?? {}).map(
      ([name, text]) => `    "${name}": ${value(text)},`,
    ),
    "  },",
    "  body,",
    "});",
    "console.log(await answer.text());",
  ];
}
