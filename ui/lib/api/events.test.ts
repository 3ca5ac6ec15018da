import { expect, it, vi } from "vitest";
import { type Connection, followRun, type RunEvent } from "./events";

const text = new TextEncoder();

function stream(...lines: string[]): Response {
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => {
      for (const line of lines) controller.enqueue(text.encode(line));
      controller.close();
    },
  });
  return new Response(body, { headers: { "Content-Type": "text/event-stream" } });
}

const event = (kind: string, data: unknown, id = "") =>
  `${id && `id: ${id}\n`}event: ${kind}\ndata: ${JSON.stringify(data)}\n\n`;

/** What a server answers to one connection after the other, and what a listener then heard. */
async function heard(answers: (() => Response)[]) {
  const places: (string | null)[] = [];
  vi.stubGlobal("fetch", async (request: Request) => {
    places.push(request.headers.get("Last-Event-ID"));
    return answers[places.length - 1]?.() ?? stream();
  });
  const events: RunEvent[] = [];
  const connections: Connection[] = [];
  const stop = followRun("r", {
    onEvents: (more) => events.push(...more),
    onConnection: (connection) => connections.push(connection),
  });
  await vi.waitFor(() => expect(places).toHaveLength(answers.length), 8_000);
  await vi.waitFor(() => expect(connections.at(-1)).toBe("ended"), 8_000);
  stop();
  return { places, events, connections };
}

it("goes on after the last event that had an id, however the connection broke off", async () => {
  const delta = { node_key: "turn_1", attempt: 1, offset: 0, text: "Hi" };
  const { places, events, connections } = await heard([
    () => stream(event("node", { node_key: "a" }, "7"), event("delta", delta)),
    () => new Response(null, { status: 503 }),
    () => stream(event("node", { node_key: "b" }, "8"), event("end", {})),
  ]);
  expect(places).toEqual([null, "7", "7"]);
  expect(events.map(({ kind }) => kind)).toEqual(["node", "delta", "node", "end"]);
  expect(events[1]).toEqual({ kind: "delta", data: delta });
  expect(connections).toEqual(["live", "lost", "live", "ended"]);
});

it("kinds that a newer server sends are passed over", async () => {
  const { events } = await heard([() => stream(event("weather", {}), event("end", {}))]);
  expect(events.map(({ kind }) => kind)).toEqual(["end"]);
});
