import type { Approval, Delta, Execution, NodeRun, RunEvent } from "@/lib/api/events";

/** What a model has said so far in a turn that is not over. */
export interface Said {
  attempt: number;
  /** Code points up to here have come. */
  end: number;
  text: string;
}

/** What the events of an agent's run have told. */
export interface Heard {
  execution: Execution | null;
  /** The newest attempt of each turn and call, by its place: `turn_2`, `call_2_1`. */
  rows: ReadonlyMap<string, NodeRun>;
  said: ReadonlyMap<string, Said>;
  /** By the place of the call that they are about. */
  approvals: ReadonlyMap<string, Approval>;
}

export const NOTHING_HEARD: Heard = {
  execution: null,
  rows: new Map(),
  said: new Map(),
  approvals: new Map(),
};

const MISSED = " … ";

/** The place of the call that a row or an approval is about: `call_1_2` of `call_1_2#approval`. */
export function placeOf(key: string): string {
  return key.split("#")[0] ?? key;
}

/** What is known after events, and whether stored messages may be new since. */
export function withEvents(before: Heard, events: RunEvent[]): { heard: Heard; news: boolean } {
  const rows = new Map(before.rows);
  const said = new Map(before.said);
  const approvals = new Map(before.approvals);
  let { execution } = before;
  let news = false;
  for (const event of events) {
    if (event.kind === "execution") {
      news ||= event.data.status !== execution?.status;
      execution = event.data;
    }
    if (event.kind === "approval") approvals.set(placeOf(event.data.node_key), event.data);
    if (event.kind === "node") news = takeRow(rows, event.data) || news;
    if (event.kind === "delta") {
      const known = said.get(event.data.node_key);
      // The question is stored before the model is asked.
      news ||= known?.attempt !== event.data.attempt;
      said.set(event.data.node_key, withDelta(known, event.data));
    }
    if (event.kind === "end") news = true;
  }
  return { heard: { execution, rows, said, approvals }, news };
}

function takeRow(rows: Map<string, NodeRun>, row: NodeRun): boolean {
  // The row of the waiting is not the call's.
  if (row.node_key.includes("#")) return false;
  const known = rows.get(row.node_key);
  if (known && known.attempt > row.attempt) return false;
  rows.set(row.node_key, row);
  return turnNumber(row.node_key) !== null && known?.status !== row.status;
}

/** `3` of `turn_3`; null for any other place. */
export function turnNumber(key: string): number | null {
  const number = /^turn_(\d+)$/.exec(key)?.[1];
  return number === undefined ? null : Number(number);
}

/** What was said with one more piece, which may repeat some of it or leave a gap. */
export function withDelta(known: Said | undefined, delta: Delta): Said {
  const { attempt, offset } = delta;
  if (known && known.attempt > attempt) return known;
  const before = known?.attempt === attempt ? known : { attempt, end: 0, text: "" };
  const piece = [...delta.text];
  const end = offset + piece.length;
  if (end <= before.end) return before;
  const fresh = piece.slice(Math.max(before.end - offset, 0)).join("");
  return { attempt, end, text: before.text + (offset > before.end ? MISSED : "") + fresh };
}
