import type { Json } from "@/features/graph";
import type { Approval } from "@/lib/api/events";
import { isObject } from "@/lib/json-object";

/** What a node asks; null for a call of an agent, whose arguments are shown instead. */
export function messageOf({ request }: { request?: unknown }): string | null {
  if (!isObject(request) || request.tool !== undefined) return null;
  return typeof request.message === "string" ? request.message : null;
}

/** The values that are to be judged: arguments of a call, inputs of a node; null without any. */
export function valuesOf({ request }: Pick<Approval, "request">): Json {
  if (!isObject(request)) return null;
  const values = request.tool === undefined ? request.inputs : request.arguments;
  return isObject(values) && Object.keys(values).length > 0 ? (values as Json) : null;
}
