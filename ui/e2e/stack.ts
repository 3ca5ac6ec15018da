import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";

const ROOT = resolve(import.meta.dirname, "../..");
const READY_MS = 120_000;
const MCP_SERVERS = {
  mcpServers: {
    time: {
      command: join(ROOT, ".venv/bin/python"),
      args: ["-m", "mcp_server_time", "--local-timezone", "UTC"],
    },
  },
};

interface Ready {
  urls: { designer: string };
  pids: Record<string, number>;
}

/** The whole product on a new data folder, as `pastetrader up` starts it; stopped at the end. */
export default async function stack(): Promise<() => Promise<void>> {
  const folder = mkdtempSync(join(tmpdir(), "pastetrader-e2e-"));
  const servers = join(folder, "mcp-servers.json");
  writeFileSync(servers, JSON.stringify(MCP_SERVERS));
  const child = spawn(
    join(ROOT, ".venv/bin/pastetrader"),
    ["up", "--json", "--no-account", "--no-designer", "--data-dir", folder],
    {
      cwd: ROOT,
      stdio: ["ignore", "pipe", "inherit"],
      env: {
        ...process.env,
        // Tests listen there for what tools send.
        PASTETRADER_HTTP_ALLOW: "127.0.0.1",
        PASTETRADER_MCP_SERVERS: servers,
      },
    },
  );
  const ready = await untilReady(child);
  process.env.PASTETRADER_URL = ready.urls.designer.replace(/\/$/, "");
  process.env.PASTETRADER_PIDS = JSON.stringify(ready.pids);
  writeFileSync(join(folder, "e2e.json"), JSON.stringify(ready));
  return async () => {
    const ended = new Promise((done) => child.once("exit", done));
    child.kill("SIGTERM");
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
}

function untilReady(child: ChildProcess): Promise<Ready> {
  return new Promise((done, fail) => {
    const timer = setTimeout(() => fail(new Error("the stack did not start")), READY_MS);
    child.once("exit", (code) => fail(new Error(`the stack ended with ${code}`)));
    if (!child.stdout) return;
    createInterface({ input: child.stdout }).on("line", (line) => {
      const event = JSON.parse(line) as { event: string } & Ready;
      if (event.event !== "ready") return;
      clearTimeout(timer);
      done(event);
    });
  });
}
