import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import type { JsonObject } from "@/features/graph";
import type { Decision } from "./api";

interface Deciding<T> {
  /** Whether whoever approves fills in a form. */
  hasForm: boolean;
  send: (decision: Decision) => Promise<T>;
  onSuccess: (answer: T) => void;
  onError?: (error: unknown) => unknown;
}

/** A decision while it is made: what is written with it, and the way to send it. */
export function useDecision<T>({ hasForm, send, onSuccess, onError }: Deciding<T>) {
  const [comment, setComment] = useState("");
  const [form, setForm] = useState<JsonObject>({});
  const sending = useMutation({
    mutationFn: (approve: boolean) =>
      send({
        approve,
        comment: comment.trim() || null,
        ...(approve && hasForm && { form }),
      }),
    onSuccess,
    onError: (error) => onError?.(error),
  });
  return { comment, setComment, form, setForm, sending };
}

export type DecisionState = Omit<ReturnType<typeof useDecision>, "sending"> & {
  sending: {
    isPending: boolean;
    variables: boolean | undefined;
    error: Error | null;
    mutate: (approve: boolean) => void;
  };
};
