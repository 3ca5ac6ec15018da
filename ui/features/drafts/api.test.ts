import { beforeEach, describe, expect, it, vi } from "vitest";
import { signInAs } from "@/test/world";
import { orderOf, startDraft } from "./api";

const wanted = { source: { text: "buy low" }, agentId: "agent-1", workflowId: undefined };
const file = () => new File(["%PDF"], "a.pdf", { type: "application/pdf" });

beforeEach(() => signInAs("editor"));

describe("what is ordered again", () => {
  it("keeps its key while nothing else is wanted", () => {
    const first = orderOf(wanted, undefined);
    expect(first.key).toMatch(/^[0-9a-f-]{36}$/);
    expect(orderOf({ ...wanted, source: { text: "buy low" } }, first)).toEqual(first);
    const pdf = file();
    const sent = orderOf({ ...wanted, source: { file: pdf } }, first);
    expect(orderOf({ ...wanted, source: { file: pdf } }, sent).key).toBe(sent.key);
  });

  it.each([
    ["text", { ...wanted, source: { text: "sell high" } }],
    ["agent", { ...wanted, agentId: "agent-2" }],
    ["workflow", { ...wanted, workflowId: "w-1" }],
    ["kind of source", { ...wanted, source: { file: file() } }],
  ])("has another key with another %s", (_what, other) => {
    const first = orderOf(wanted, undefined);
    expect(orderOf(other, first).key).not.toBe(first.key);
  });

  it("has another key with another file of the same name", () => {
    const first = orderOf({ ...wanted, source: { file: file() } }, undefined);
    expect(orderOf({ ...wanted, source: { file: file() } }, first).key).not.toBe(first.key);
  });
});

describe("an order", () => {
  let requests: Request[] = [];
  beforeEach(() => {
    requests = [];
    vi.stubGlobal("fetch", async (request: Request) => {
      requests.push(request);
      return Response.json({ id: "draft-1" }, { status: 202 });
    });
  });

  it("of a text is JSON with its key", async () => {
    expect(await startDraft({ ...wanted, key: "key-1" })).toBe("draft-1");
    const [sent] = requests;
    expect(sent?.headers.get("Idempotency-Key")).toBe("key-1");
    expect(sent?.headers.get("Content-Type")).toBe("application/json");
    expect(await sent?.json()).toEqual({ text: "buy low", agent_id: "agent-1" });
  });

  it("of a file is a form with its key", async () => {
    await startDraft({ ...wanted, source: { file: file() }, workflowId: "w-1", key: "key-2" });
    const [sent] = requests;
    expect(sent?.headers.get("Idempotency-Key")).toBe("key-2");
    expect(sent?.headers.get("Content-Type")).toMatch(/^multipart\/form-data; boundary=/);
    const body = (await sent?.text()) ?? "";
    // Node does not read the files of jsdom.
    expect(body).toMatch(/name="file"; filename=.*\r\nContent-Type: application\/pdf\r\n/);
    expect(body).toMatch(/name="agent_id"\r\n\r\nagent-1\r\n/);
    expect(body).toMatch(/name="workflow_id"\r\n\r\nw-1\r\n/);
  });
});
