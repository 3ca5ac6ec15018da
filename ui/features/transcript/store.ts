import { useEffect, useState } from "react";
import { createStore, type StoreApi, useStore } from "zustand";
import { approvalsOf } from "@/features/approvals";
import { api, need } from "@/lib/api/client";
import { type Approval, type Connection, followRun } from "@/lib/api/events";
import type { Message } from "./entries";
import { type Heard, NOTHING_HEARD, placeOf, withEvents } from "./heard";

export interface Transcribed extends Heard {
  messages: readonly Message[];
  /** Whether the stored messages were read to their end once. */
  loaded: boolean;
  error: unknown;
  connection: Connection;
}

const EMPTY: Transcribed = {
  ...NOTHING_HEARD,
  messages: [],
  loaded: false,
  error: null,
  connection: "connecting",
};
const PAGE = 100;

/** An agent's run as it is stored and as it goes on; a component of its own for each run. */
export function useTranscript(executionId: string, live: boolean) {
  const [transcript] = useState(() => makeTranscript(executionId));
  useEffect(() => transcript.start(live), [transcript, live]);
  return { known: useStore(transcript.store), learn: transcript.learn };
}

/** The state of one transcript, and what keeps it true; `start` gives what stops it. */
export function makeTranscript(executionId: string) {
  const store = createStore<Transcribed>(() => EMPTY);
  function learn(approval: Approval): void {
    const { approvals } = store.getState();
    store.setState({ approvals: new Map(approvals).set(placeOf(approval.node_key), approval) });
  }
  function start(live: boolean): () => void {
    const aborter = new AbortController();
    const reader = new Reader(executionId, store, aborter.signal);
    reader.read();
    void readApprovals(executionId, store, aborter.signal);
    const stop = live
      ? followRun(executionId, {
          onConnection: (connection) => {
            store.setState({ connection });
            if (connection === "live") reader.read();
          },
          onEvents: (events) => {
            const { heard, news } = withEvents(store.getState(), events);
            store.setState(heard);
            if (news) reader.read();
          },
        })
      : () => undefined;
    return () => {
      aborter.abort();
      stop();
    };
  }
  return { store, start, learn };
}

/** Approvals that were asked for before anybody listened. */
async function readApprovals(
  executionId: string,
  store: StoreApi<Transcribed>,
  signal: AbortSignal,
): Promise<void> {
  const found = await approvalsOf(executionId).catch(() => []);
  if (signal.aborted) return;
  const events = found.map((data) => ({ kind: "approval" as const, data }));
  // What events told meanwhile is newer.
  const { approvals } = store.getState();
  const { heard } = withEvents(NOTHING_HEARD, events);
  store.setState({ approvals: new Map([...heard.approvals, ...approvals]) });
}

/** Reads stored messages page by page, and later only what came behind them. */
class Reader {
  private cursor = "";
  private reading = false;
  private again = false;

  constructor(
    private readonly executionId: string,
    private readonly store: StoreApi<Transcribed>,
    private readonly signal: AbortSignal,
  ) {}

  /** Read to the end; once more when asked while reading. */
  read(): void {
    if (this.reading) {
      this.again = true;
      return;
    }
    this.reading = true;
    this.again = false;
    void this.toTheEnd()
      .then(
        () => this.tell({ loaded: true, error: null }),
        (error: unknown) => this.tell({ error }),
      )
      .finally(() => {
        this.reading = false;
        if (this.again && !this.signal.aborted) this.read();
      });
  }

  private tell(change: Partial<Transcribed>): void {
    if (!this.signal.aborted) this.store.setState(change);
  }

  private async toTheEnd(): Promise<void> {
    for (;;) {
      const page = await need(
        api.GET("/api/v1/executions/{execution_id}/messages", {
          params: {
            path: { execution_id: this.executionId },
            query: { limit: PAGE, ...(this.cursor && { cursor: this.cursor }) },
          },
          signal: this.signal,
        }),
      );
      this.take(page.items);
      if (!page.next_cursor) return;
      this.cursor = page.next_cursor;
    }
  }

  private take(fresh: Message[]): void {
    const { messages } = this.store.getState();
    const last = messages.at(-1)?.seq ?? -1;
    const further = fresh.filter(({ seq }) => seq > last);
    if (further.length > 0) this.tell({ messages: [...messages, ...further] });
  }
}
