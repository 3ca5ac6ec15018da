import { create } from "zustand";
import { isLive, type Status } from "@/components/status";
import type { Look } from "@/features/graph";
import {
  type Connection,
  type Execution,
  followRun,
  type LogLine,
  type NodeRun,
  type RunEvent,
} from "@/lib/api/events";

export type { Execution, LogLine, NodeRun };

const KEPT_LOGS = 5_000;

export interface Run {
  execution: Execution | null;
  connection: Connection;
  /** Grows when one of the maps below has changed; they are changed in place. */
  revision: number;
  byKey: Map<string, Map<string, NodeRun>>;
  looks: Map<string, Look>;
  logs: LogLine[];
  /** Grows when a person was asked for something, or decided. */
  asked: number;
}

function fresh(): Run {
  return {
    execution: null,
    connection: "connecting",
    revision: 0,
    byKey: new Map(),
    looks: new Map(),
    logs: [],
    asked: 0,
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

/** Take up events; the store is told once for all of them. */
export function take(events: RunEvent[]): void {
  const state = useRun.getState();
  const change: Partial<Run> = { revision: state.revision + 1 };
  const touched = new Set<string>();
  const lines: LogLine[] = [];
  for (const event of events) {
    if (event.kind === "execution") change.execution = event.data;
    if (event.kind === "log") lines.push(event.data);
    if (event.kind === "approval") change.asked = (change.asked ?? state.asked) + 1;
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
  return followRun(id, {
    onEvents: take,
    onConnection: (connection) => useRun.setState({ connection }),
  });
}

export function runIsLive(run: Run): boolean {
  return run.execution !== null && isLive(run.execution.status);
}
