import { expect, it } from "vitest";
import { type Sent, taken, unseen } from "./outbox";

const sent = (messageId: string, conversationId: string | null, number: number | null): Sent => ({
  messageId,
  message: messageId,
  conversationId,
  number,
});
const ids = (found: Sent[]) => found.map(({ messageId }) => messageId);

it("what is sent is shown until it is stored", () => {
  const all = [sent("a", "c", 1), sent("b", "c", 2), sent("new", "c", null)];
  expect(ids(unseen(all, "c", 0))).toEqual(["a", "b", "new"]);
  expect(ids(unseen(all, "c", 1))).toEqual(["b", "new"]);
  expect(ids(unseen(all, "c", 2))).toEqual(["new"]);
});

it("each conversation shows its own", () => {
  const all = [sent("a", "c", null), sent("b", "d", null), sent("fresh", null, null)];
  expect(ids(unseen(all, "d", 0))).toEqual(["b"]);
  expect(ids(unseen(all, null, 0))).toEqual(["fresh"]);
});

it("a message that began a conversation belongs to it", () => {
  const all = taken([sent("a", null, null), sent("b", null, null)], "a", "c", 1);
  expect(ids(unseen(all, "c", 0))).toEqual(["a"]);
  expect(ids(unseen(all, null, 0))).toEqual(["b"]);
});
