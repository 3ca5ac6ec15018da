import { execFile } from "node:child_process";
import { createHmac } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { LANGUAGES, type SnippetLanguage, snippet } from "./snippets";
import { VERIFICATIONS, type Verification } from "./types";

const SECRET = 'it\'s a "secret" $HOME';
const PROGRAMS: Record<SnippetLanguage, [string, string]> = {
  curl: ["bash", "call.sh"],
  python: ["python3", "call.py"],
  node: ["node", "call.mjs"],
};

interface Received {
  headers: IncomingHttpHeaders;
  body: string;
}

let server: Server;
let url = "";
let folder = "";
const received: Received[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "snippets-"));
  server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8");
    request.on("data", (part: string) => {
      body += part;
    });
    request.on("end", () => {
      received.push({ headers: request.headers, body });
      response.end("taken");
    });
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/v1/hooks/1`;
});

afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

async function run(language: SnippetLanguage, verification: Verification): Promise<Received> {
  const [program, name] = PROGRAMS[language];
  const file = join(folder, name);
  writeFileSync(file, snippet(language, verification, url));
  const { stdout } = await promisify(execFile)(program, [file], {
    env: { ...process.env, WEBHOOK_SECRET: SECRET },
  });
  expect(stdout.trim()).toBe("taken");
  return received.pop() as Received;
}

const hmac = (text: string) => createHmac("sha256", SECRET).update(text).digest("hex");

/** What each scheme asks for, as its own documentation says it. */
function expectProven({ headers, body }: Received, verification: Verification): void {
  const recent = (time: string) =>
    expect(Math.abs(Date.now() / 1_000 - Number(time))).toBeLessThan(60);
  switch (verification) {
    case "hmac": {
      const time = String(headers["x-pastetrader-timestamp"]);
      recent(time);
      const delivery = String(headers["x-pastetrader-delivery"]);
      expect(delivery).toMatch(/^[\da-f-]{32,}$/);
      const signature = hmac(`${time}.${delivery}.${body}`);
      expect(headers["x-pastetrader-signature"]).toBe(`sha256=${signature}`);
      break;
    }
    case "github":
      expect(headers["x-hub-signature-256"]).toBe(`sha256=${hmac(body)}`);
      expect(headers["x-github-delivery"]).toMatch(/^[\da-f-]{32,}$/);
      break;
    case "stripe": {
      const [, time = "", signature] =
        /^t=(\d+),v1=(.+)$/.exec(String(headers["stripe-signature"])) ?? [];
      recent(time);
      expect(signature).toBe(hmac(`${time}.${body}`));
      break;
    }
    case "slack": {
      const time = String(headers["x-slack-request-timestamp"]);
      recent(time);
      expect(headers["x-slack-signature"]).toBe(`v0=${hmac(`v0:${time}:${body}`)}`);
      break;
    }
    case "none":
      expect(JSON.stringify(headers)).not.toMatch(/signature/i);
  }
}

describe.each(VERIFICATIONS)("a call with the verification %s", (verification) => {
  it.each(LANGUAGES)("is proven by the program in %s", { timeout: 30_000 }, async (language) => {
    const call = await run(language, verification);
    expect(JSON.parse(call.body)).toEqual({ hello: "world" });
    expect(call.headers["content-type"]).toBe("application/json");
    expectProven(call, verification);
  });
});
