import { isLive } from "@/components/status";
import type { Json } from "@/features/graph";
import type { Schemas } from "@/lib/api/client";
import type { Approval, NodeRun } from "@/lib/api/events";
import { type Heard, turnNumber } from "./heard";

export type Message = Schemas["MessageOut"];

export interface Spent {
  tokensIn: number;
  tokensOut: number;
  costUsd: number;
}

export interface Failed {
  code: string;
  message: string;
}

const BELOW: ReadonlySet<string> = new Set(["workflow", "agent"]);

export type CallState = "asked" | "waiting" | "running" | "done" | "failed" | "refused" | "stopped";

/** A tool that the model asked for, with what came of it. */
export interface Call {
  /** Its place in the run, `call_2_1`. */
  key: string;
  name: string;
  arguments: Json;
  /** Undefined until there is one. */
  result: Json | undefined;
  state: CallState;
  approval: Approval | undefined;
  row: NodeRun | undefined;
  /** The run that holds it, where the call is a run of its own below that. */
  above: string | null;
}

export interface Question {
  kind: "question";
  key: string;
  role: "system" | "user" | "summary";
  text: string;
  at: string | null;
  spent: Spent | null;
}

export interface Turn {
  kind: "turn";
  key: string;
  text: string;
  /** More of the text may come. */
  speaking: boolean;
  calls: Call[];
  spent: Spent | null;
  finish: string | null;
  error: Failed | null;
  attempt: number;
}

export type Entry = Question | Turn;

/** The conversation in its order: questions, and turns of the model with their calls. */
export function entriesOf(messages: readonly Message[], heard: Heard): Entry[] {
  const left = turnPlaces(heard);
  const entries: Entry[] = [];
  let turns = 0;
  messages.forEach((message, index) => {
    if (message.role === "assistant") {
      const { before, place } = takePlace(left, message.seq);
      const failed = before.filter(hasFailed);
      entries.push(...failed.map((each) => unwritten(each, heard)));
      turns = place?.number ?? (failed.at(-1)?.number ?? turns) + 1;
      const key = `turn_${turns}`;
      entries.push(written(message, key, results(messages, index), heard));
    } else if (isQuestion(message.role)) {
      entries.push(questionOf(message, message.role));
    }
  });
  const further = left.filter((place) => shows(place, heard));
  return [...entries, ...further.map((place) => unwritten(place, heard))];
}

/**
 * Takes the turn that wrote message `seq` out of those that are `left`, and what is before it.
 * Turns that do not tell what they write are taken in their order.
 */
function takePlace(left: TurnPlace[], seq: number) {
  const later = left.findIndex((place) => (place.seq ?? 0) > seq);
  const near = left.slice(0, later < 0 ? left.length : later);
  const exact = near.findIndex((place) => place.seq === seq);
  const at =
    exact >= 0 ? exact : near.findIndex((place) => place.seq === null && !hasFailed(place));
  const before = left.splice(0, at < 0 ? near.length : at);
  return { before, place: at < 0 ? undefined : left.shift() };
}

/** Whether a turn is over without an answer: it has left no message. */
function hasFailed({ row }: TurnPlace): boolean {
  return row !== undefined && isOver(row) && row.status !== "completed";
}

function isQuestion(role: string): role is Question["role"] {
  return role === "user" || role === "system" || role === "summary";
}

function questionOf(message: Message, role: Question["role"]): Question {
  const { seq, content, created_at, reply } = message;
  const spent = reply ? spentOf(reply) : null;
  return { kind: "question", key: `${seq}`, role, text: content, at: created_at, spent };
}

/** A turn; what it says may come before its row. */
interface TurnPlace {
  key: string;
  number: number;
  row: NodeRun | undefined;
  /** Of the message that it writes; null while that is not known. */
  seq: number | null;
}

function turnPlaces({ rows, said }: Heard): TurnPlace[] {
  return [...new Set([...rows.keys(), ...said.keys()])]
    .flatMap((key) => {
      const number = turnNumber(key);
      const row = rows.get(key);
      return number === null ? [] : [{ key, number, row, seq: seqOf(row) }];
    })
    .sort((a, b) => a.number - b.number);
}

function seqOf(row: NodeRun | undefined): number | null {
  const { seq } = objectOf(row?.input as Json);
  return typeof seq === "number" && seq > 0 ? seq : null;
}

function isOver({ status }: NodeRun): boolean {
  return !isLive(status);
}

/** Whether a turn without a message has something to show: it runs, failed, or said something. */
function shows({ key, row }: TurnPlace, heard: Heard): boolean {
  return row?.status !== "cancelled" || Boolean(heard.said.get(key)?.text);
}

/** The results of the calls of one message, by the ids of the calls. */
function results(messages: readonly Message[], index: number): Map<string, Message> {
  const found = new Map<string, Message>();
  for (let at = index + 1; messages[at]?.role === "tool"; at += 1) {
    const message = messages[at];
    if (message?.tool_call_id) found.set(message.tool_call_id, message);
  }
  return found;
}

function written(
  message: Message,
  key: string,
  told: ReadonlyMap<string, Message>,
  heard: Heard,
): Turn {
  const reply = (message.reply ?? {}) as Record<string, unknown>;
  const number = turnNumber(key) ?? 0;
  const asked = (message.tool_calls ?? []) as unknown as Asked[];
  return {
    kind: "turn",
    key,
    text: message.content,
    speaking: false,
    calls: asked.map((call, at) =>
      callOf(call, `call_${number}_${at + 1}`, told.get(call.id), heard),
    ),
    spent: message.reply ? spentOf(reply) : null,
    finish: typeof reply.finish === "string" ? reply.finish : null,
    error: null,
    attempt: heard.rows.get(key)?.attempt ?? 1,
  };
}

/** A turn of which no message is here: it runs, it failed, or its message is on its way. */
function unwritten({ key, row }: TurnPlace, heard: Heard): Turn {
  const said = heard.said.get(key);
  const output = objectOf(row?.output as Json);
  return {
    kind: "turn",
    key,
    text: typeof output.text === "string" ? output.text : (said?.text ?? ""),
    speaking: !row || !isOver(row),
    calls: [],
    spent: null,
    finish: null,
    error: row?.status === "failed" ? errorOf(row.error as Json) : null,
    attempt: row?.attempt ?? said?.attempt ?? 1,
  };
}

interface Asked {
  id: string;
  name: string;
  /** As the model wrote them, JSON or not. */
  arguments: unknown;
}

// Messages never change, and are drawn with every piece of what comes behind them.
const parsed = new WeakMap<object, Json>();

function parsedOnce(holder: object, text: string): Json {
  const known = parsed.get(holder);
  if (known !== undefined) return known;
  const value = read(text);
  parsed.set(holder, value);
  return value;
}

function callOf(asked: Asked, key: string, told: Message | undefined, heard: Heard): Call {
  const row = heard.rows.get(key);
  const approval = heard.approvals.get(key);
  const whole = row?.status === "completed" && !row.truncated;
  const done = whole ? (row.output as Json) : undefined;
  const result = told === undefined ? done : parsedOnce(told, told.content);
  return {
    key,
    name: asked.name,
    arguments: argumentsOf(asked),
    result,
    state: stateOf({ told: told !== undefined, result, row, approval, heard }),
    approval,
    row,
    above: row && BELOW.has(row.node_type) ? (heard.execution?.id ?? null) : null,
  };
}

function argumentsOf(asked: Asked): Json {
  const { arguments: given } = asked;
  return typeof given === "string" ? parsedOnce(asked, given) : (given as Json);
}

interface Facts {
  told: boolean;
  result: Json | undefined;
  row: NodeRun | undefined;
  approval: Approval | undefined;
  heard: Heard;
}

function stateOf({ told, result, row, approval, heard }: Facts): CallState {
  const asked = approval?.status ?? "";
  if (asked === "rejected" || asked === "expired" || row?.status === "skipped") return "refused";
  if (asked === "pending" || (row?.status === "waiting" && !told)) return "waiting";
  if (told) return failureIn(result) && row?.status !== "completed" ? "failed" : "done";
  if (row?.status === "failed") return "failed";
  if (row?.status === "completed") return "done";
  if (row?.status === "running" || row?.status === "pending") return "running";
  const over = heard.execution !== null && !isLive(heard.execution.status);
  return over || row ? "stopped" : "asked";
}

/** Why a call failed: the worker's account, else what the model was told. */
export function failureOf(call: Call): Failed | null {
  if (call.row?.status === "failed") return errorOf(call.row.error as Json);
  return call.state === "failed" ? failureIn(call.result) : null;
}

function failureIn(result: Json | undefined): Failed | null {
  const { error } = objectOf(result);
  const { code } = objectOf(error);
  return typeof code === "string" ? errorOf(error) : null;
}

export function errorOf(error: Json | undefined): Failed {
  const { code, message } = objectOf(error);
  return { code: String(code ?? ""), message: String(message ?? code ?? "") };
}

function spentOf(reply: Record<string, unknown>): Spent {
  const usage = objectOf(reply.usage as Json);
  return {
    tokensIn: Number(usage.input ?? 0),
    tokensOut: Number(usage.output ?? 0),
    costUsd: Number(reply.cost_usd ?? 0),
  };
}

/** All that the shown turns have cost. */
export function totalOf(entries: readonly Entry[]): Spent {
  const spent = entries.flatMap((each) => (each.spent ? [each.spent] : []));
  return {
    tokensIn: spent.reduce((sum, each) => sum + each.tokensIn, 0),
    tokensOut: spent.reduce((sum, each) => sum + each.tokensOut, 0),
    costUsd: spent.reduce((sum, each) => sum + each.costUsd, 0),
  };
}

/** JSON where it is some, else the text itself. */
export function read(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}

function objectOf(value: Json | undefined): { [key: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? value : {};
}

/** Whether the agent is at work: something runs, or its answer to what was said last is missing. */
export function isWorking(messages: readonly Message[], heard: Heard): boolean {
  if (!heard.execution || !isLive(heard.execution.status)) return false;
  if ([...heard.rows.values()].some((row) => !isOver(row))) return true;
  if ([...heard.approvals.values()].some(({ status }) => status === "pending")) return true;
  if (heard.execution.status === "waiting") return false;
  const last = messages.at(-1);
  return last === undefined || last.role !== "assistant" || last.tool_calls.length > 0;
}
