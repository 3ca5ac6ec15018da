import { EventSourceParserStream } from "eventsource-parser/stream";
import { create } from "zustand";
import { isLive, type Status } from "@/components/status";
import type { Look } from "@/features/graph";
import { authorised, type Schemas } from "@/lib/api/client";
import { Problem } from "@/lib/api/problem";

export type Execution = Schemas["ExecutionOut"];
export type NodeRun = Schemas["NodeOut"];
export type LogLine = Schemas["LogOut"];

const AGAIN_MS = 1_500;
const KEPT_LOGS = 5_000;

interface Run {
  execution: Execution | null;
  connection: "connecting" | "live" | "lost" | "ended";
  /** Grows when one of the maps below has changed; they are changed in place. */
  revision: number;
  byKey: Map<string, Map<string, NodeRun>>;
  looks: Map<string, Look>;
  logs: LogLine[];
}

function fresh(): Run {
  return {
    execution: null,
    connection: "connecting",
    revision: 0,
    byKey: new Map(),
    looks: new Map(),
    logs: [],
  };
}

/** The run that is shown. Nodes read their own look, so that an event draws one node again. */
export const useRun = create<Run>(fresh);

const NOTHING: Look = {};

export function useRunLook(key: string): Look {
  return useRun((state) => state.looks.get(key) ?? NOTHING);
}

/** All attempts of a node, in the order in which they were scheduled. */
export function attemptsOf(run: Run, key: string): NodeRun[] {
  return [...(run.byKey.get(key)?.values() ?? [])].sort(byTime);
}

function byTime(a: NodeRun, b: NodeRun): number {
  const order = a.temporal.scheduled_event_id - b.temporal.scheduled_event_id;
  return a.path === b.path ? order || a.attempt - b.attempt : comparePaths(a.path, b.path);
}

/** `2` before `10`, `3` before `3.0`. */
export function comparePaths(a: string, b: string): number {
  const [left, right] = [a, b].map((path) => (path ? path.split(".").map(Number) : []));
  for (let at = 0; at < Math.max(left?.length ?? 0, right?.length ?? 0); at += 1) {
    const difference = (left?.[at] ?? -1) - (right?.[at] ?? -1);
    if (difference !== 0) return difference;
  }
  return 0;
}

// Events ------------------------------------------------------------------------------------------

export type RunEvent =
  | { kind: "execution"; data: Execution }
  | { kind: "node"; data: NodeRun }
  | { kind: "log"; data: LogLine }
  | { kind: "end" };

/** Take up events; the store is told once for all of them. */
export function take(events: RunEvent[]): void {
  const state = useRun.getState();
  const change: Partial<Run> = { revision: state.revision + 1 };
  const touched = new Set<string>();
  const lines: LogLine[] = [];
  for (const event of events) {
    if (event.kind === "execution") change.execution = event.data;
    if (event.kind === "log") lines.push(event.data);
    if (event.kind === "end") change.connection = "ended";
    if (event.kind === "node") {
      const key = event.data.node_key;
      touched.add(key);
      const known = state.byKey.get(key) ?? new Map<string, NodeRun>();
      state.byKey.set(key, known.set(event.data.id, event.data));
    }
  }
  for (const key of touched)
    state.looks.set(key, lookOf([...(state.byKey.get(key)?.values() ?? [])]));
  if (lines.length > 0) change.logs = [...state.logs, ...lines].slice(-KEPT_LOGS);
  useRun.setState(change);
}

/** How a node looks whose attempts are these: passes are counted, attempts of one pass are one. */
export function lookOf(attempts: NodeRun[]): Look {
  const passes = new Map<string, NodeRun>();
  for (const attempt of [...attempts].sort(byTime)) passes.set(attempt.path, attempt);
  const counts: Partial<Record<Status, number>> = {};
  for (const { status } of passes.values()) counts[status] = (counts[status] ?? 0) + 1;
  const only = passes.size === 1 ? [...passes.values()][0] : undefined;
  return {
    status: overall(counts),
    counts,
    detail: only ? single(only) : several(counts, passes.size),
  };
}

const ORDER: Status[] = [
  "failed",
  "running",
  "waiting",
  "paused",
  "pending",
  "cancelled",
  "completed",
  "skipped",
];

function overall(counts: Partial<Record<Status, number>>): Status {
  return ORDER.find((status) => counts[status]) ?? "pending";
}

function single(node: NodeRun): string | undefined {
  if (node.attempt > 1) return `#${node.attempt}`;
  if (node.error) return String(node.error.message ?? node.error.code ?? "");
  return undefined;
}

function several(counts: Partial<Record<Status, number>>, passes: number): string {
  const done = (counts.completed ?? 0) + (counts.skipped ?? 0);
  return `${done}/${passes}`;
}

// Following ---------------------------------------------------------------------------------------

/** Follow a run until it ends or `stop` is called; goes on after the last event when cut off. */
export function follow(id: string): () => void {
  useRun.setState(fresh(), true);
  const aborter = new AbortController();
  void followOn(id, aborter.signal);
  return () => aborter.abort();
}

async function followOn(id: string, signal: AbortSignal): Promise<void> {
  let last = "";
  while (!signal.aborted && useRun.getState().connection !== "ended") {
    try {
      last = await readStream(id, last, signal);
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof Problem && error.status === 404) return;
      useRun.setState({ connection: "lost" });
    }
    if (useRun.getState().connection !== "ended") await pause(signal);
  }
}

function pause(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, AGAIN_MS);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

/** Read one connection to its end; the id of its last event. */
async function readStream(id: string, last: string, signal: AbortSignal): Promise<string> {
  const request = new Request(`/api/v1/executions/${encodeURIComponent(id)}/events`, {
    headers: last ? { "Last-Event-ID": last } : {},
    signal,
  });
  const answer = await authorised(request);
  if (!answer.ok || !answer.body) throw await Problem.of(answer);
  useRun.setState({ connection: "live" });
  const reader = answer.body
    .pipeThrough(new TextDecoderStream() as unknown as TransformStream<Uint8Array, string>)
    .pipeThrough(new EventSourceParserStream())
    .getReader();
  const frame = new Frame();
  let seen = last;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return seen;
      const event = decode(value.event, value.data);
      if (value.id) seen = value.id;
      if (event) frame.add(event);
    }
  } finally {
    frame.flush();
  }
}

/** Collects what arrives within one frame of the screen. */
class Frame {
  private waiting: RunEvent[] = [];
  private timer: ReturnType<typeof setTimeout> | null = null;

  add(event: RunEvent): void {
    this.waiting.push(event);
    this.timer ??= setTimeout(() => this.flush(), 16);
  }

  flush(): void {
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
    const events = this.waiting;
    this.waiting = [];
    if (events.length > 0) take(events);
  }
}

const KINDS = new Set(["execution", "node", "log", "end"]);

function decode(kind: string | undefined, data: string): RunEvent | null {
  if (!kind || !KINDS.has(kind)) return null;
  return kind === "end" ? { kind } : ({ kind, data: JSON.parse(data) } as RunEvent);
}

export function runIsLive(run: Run): boolean {
  return run.execution !== null && isLive(run.execution.status);
}
