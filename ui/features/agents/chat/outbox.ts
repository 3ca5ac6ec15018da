import type { Outgoing } from "../api";

/** A message on its way; `number` counts what people said in the conversation, once it is taken. */
export interface Sent extends Outgoing {
  number: number | null;
}

/** Messages that a conversation does not show yet; `said` of people's messages are stored. */
export function unseen(sent: readonly Sent[], conversationId: string | null, said: number): Sent[] {
  return sent.filter(
    (each) =>
      each.conversationId === conversationId && (each.number === null || each.number > said),
  );
}

/** The same messages, one of them taken as number `number` of a conversation. */
export function taken(
  sent: readonly Sent[],
  messageId: string,
  conversationId: string,
  number: number,
): Sent[] {
  return sent.map((each) =>
    each.messageId === messageId ? { ...each, conversationId, number } : each,
  );
}
