import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";

const ROOT = resolve(import.meta.dirname, "../..");
const READY_MS = 30_000;

/** One answer of the model, as `cli/scripted_model/script.py` reads it. */
export interface Reply {
  text?: string;
  tool_calls?: { name: string; arguments: Record<string, unknown> }[];
  /** Characters of a piece. */
  chunk?: number;
  /** Seconds before the first byte, and between pieces. */
  slow?: { first?: number; between?: number };
}

export interface Rule {
  when: { conversation?: string; turn?: number; any?: string; last?: string; tool?: string };
  reply: Reply;
}

export interface ScriptedModel {
  /** What an agent's `base_url` is. */
  url: string;
  /** What the model was asked, as JSON text, from the oldest on. */
  asked: () => Promise<string>;
  close: () => Promise<void>;
}

/** A model that answers by rules; it tells conversations apart by `[conversation: name]` in them. */
export async function startModel(rules: Rule[]): Promise<ScriptedModel> {
  const folder = mkdtempSync(join(tmpdir(), "pastetrader-model-"));
  const script = join(folder, "script.json");
  writeFileSync(script, JSON.stringify({ rules }));
  const child = spawn(
    join(ROOT, ".venv/bin/python"),
    ["-m", "cli.scripted_model", "--script", script],
    { cwd: ROOT, stdio: ["ignore", "pipe", "inherit"] },
  );
  const address = await firstLine(child);
  return {
    url: `${address}/v1`,
    asked: async () => (await fetch(`${address}/requests`)).text(),
    close: async () => {
      const ended = new Promise((done) => child.once("exit", done));
      child.kill("SIGTERM");
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((done, fail) => {
    const timer = setTimeout(() => fail(new Error("the model did not start")), READY_MS);
    child.once("exit", (code) => fail(new Error(`the model ended with ${code}`)));
    if (!child.stdout) return;
    createInterface({ input: child.stdout }).once("line", (line) => {
      clearTimeout(timer);
      done(line.trim());
    });
  });
}
