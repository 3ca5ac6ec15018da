import { EventSourceParserStream } from "eventsource-parser/stream";
import { authorised, type Schemas } from "./client";
import { Problem } from "./problem";

export type Execution = Schemas["ExecutionOut"];
export type NodeRun = Schemas["NodeOut"];
export type LogLine = Schemas["LogOut"];
export type Approval = Schemas["ApprovalOut"];

/** A piece of what a model is saying; `offset` counts the characters (code points) before it. */
export interface Delta {
  node_key: string;
  attempt: number;
  offset: number;
  text: string;
}

export type RunEvent =
  | { kind: "execution"; data: Execution }
  | { kind: "node"; data: NodeRun }
  | { kind: "log"; data: LogLine }
  | { kind: "delta"; data: Delta }
  | { kind: "approval"; data: Approval }
  | { kind: "end" };

export type Connection = "connecting" | "live" | "lost" | "ended";

export interface Listener {
  /** What arrived within one frame of the screen. */
  onEvents: (events: RunEvent[]) => void;
  onConnection: (connection: Connection) => void;
}

const AGAIN_MS = 1_500;
const FRAME_MS = 16;

/** Follow a run until it ends or what is returned is called; goes on after the last event. */
export function followRun(id: string, listener: Listener): () => void {
  const aborter = new AbortController();
  void followOn(id, listener, aborter.signal);
  return () => aborter.abort();
}

async function followOn(id: string, listener: Listener, signal: AbortSignal): Promise<void> {
  const place = { last: "", ended: false };
  while (!signal.aborted && !place.ended) {
    try {
      await readStream(id, place, listener, signal);
    } catch (error) {
      if (signal.aborted || (error instanceof Problem && error.status === 404)) return;
      if (!place.ended) listener.onConnection("lost");
    }
    if (!place.ended) await pause(signal);
  }
  if (!signal.aborted) listener.onConnection("ended");
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

interface Reached {
  /** The id of the last event. */
  last: string;
  ended: boolean;
}

/** Read one connection to its end. */
async function readStream(
  id: string,
  place: Reached,
  listener: Listener,
  signal: AbortSignal,
): Promise<void> {
  const request = new Request(`/api/v1/executions/${encodeURIComponent(id)}/events`, {
    headers: place.last ? { "Last-Event-ID": place.last } : {},
    signal,
  });
  const answer = await authorised(request);
  if (!answer.ok || !answer.body) throw await Problem.of(answer);
  listener.onConnection("live");
  const reader = answer.body
    .pipeThrough(new TextDecoderStream() as unknown as TransformStream<Uint8Array, string>)
    .pipeThrough(new EventSourceParserStream())
    .getReader();
  const frame = new Frame((events) => !signal.aborted && listener.onEvents(events));
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const event = decode(value.event, value.data);
      if (value.id) place.last = value.id;
      if (event?.kind === "end") place.ended = true;
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

  constructor(private readonly give: (events: RunEvent[]) => void) {}

  add(event: RunEvent): void {
    this.waiting.push(event);
    this.timer ??= setTimeout(() => this.flush(), FRAME_MS);
  }

  flush(): void {
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
    const events = this.waiting;
    this.waiting = [];
    if (events.length > 0) this.give(events);
  }
}

const KINDS = new Set(["execution", "node", "log", "delta", "approval", "end"]);

function decode(kind: string | undefined, data: string): RunEvent | null {
  if (!kind || !KINDS.has(kind)) return null;
  return kind === "end" ? { kind } : ({ kind, data: JSON.parse(data) } as RunEvent);
}
