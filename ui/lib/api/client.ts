import createClient from "openapi-fetch";
import { Problem } from "./problem";
import type { components, paths } from "./schema";
import { refresh, useSession } from "./session";

export type Schemas = components["schemas"];

/** `fetch` with the access token, which is renewed once when it has expired. */
export async function authorised(request: Request): Promise<Response> {
  const again = request.clone();
  const first = await send(request);
  // What signs in answers for itself.
  const signing = new URL(request.url).pathname.startsWith("/api/v1/auth/log");
  if (first.status !== 401 || signing || !(await refresh())) return first;
  return send(again);
}

async function send(request: Request): Promise<Response> {
  const { token } = useSession.getState();
  if (token) request.headers.set("Authorization", `Bearer ${token}`);
  try {
    return await fetch(request);
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw Problem.unreachable();
  }
}

export const api = createClient<paths>({ baseUrl: "", fetch: authorised });

/** The data of a call; throws `Problem` when there is none. */
export async function need<T>(
  call: Promise<{ data?: T; error?: unknown; response: Response }>,
): Promise<T> {
  const { data, error, response } = await call;
  if (!response.ok) {
    const body = typeof error === "object" && error !== null ? error : {};
    throw new Problem(response.status, body as Record<string, unknown>);
  }
  return data as T;
}
