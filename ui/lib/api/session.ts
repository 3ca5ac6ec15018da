import { create } from "zustand";
import { Problem } from "./problem";
import type { components } from "./schema";

export type User = components["schemas"]["UserOut"];
type TokenAnswer = components["schemas"]["TokenAnswer"];

interface Session {
  /** `unknown` until the cookie of an earlier login was tried. */
  status: "unknown" | "out" | "in";
  token: string | null;
  user: User | null;
}

export const useSession = create<Session>(() => ({ status: "unknown", token: null, user: null }));

const LOGIN = "pastetrader-login";

export function signedIn(answer: TokenAnswer): void {
  localStorage.setItem(LOGIN, "kept");
  useSession.setState({ status: "in", token: answer.access_token, user: answer.user });
}

export function signedOut(): void {
  localStorage.removeItem(LOGIN);
  useSession.setState({ status: "out", token: null, user: null });
}

/** Go on with an earlier login of this browser, if there may be one. */
export async function resume(): Promise<void> {
  if (localStorage.getItem(LOGIN) === null) signedOut();
  else if (!(await refresh().catch(() => false))) useSession.setState({ status: "out" });
}

let pending: Promise<boolean> | null = null;

/** A new access token for the login's cookie; false when there is none. Once for all who ask. */
export function refresh(): Promise<boolean> {
  pending ??= exclusive(exchange).finally(() => {
    pending = null;
  });
  return pending;
}

// A refresh token works once: two tabs must not show the same one.
function exclusive(work: () => Promise<boolean>): Promise<boolean> {
  return navigator.locks ? navigator.locks.request("pastetrader-refresh", work) : work();
}

async function exchange(): Promise<boolean> {
  const answer = await fetch("/api/v1/auth/refresh", { method: "POST" }).catch(() => {
    throw Problem.unreachable();
  });
  if (answer.ok) {
    signedIn(await answer.json());
    return true;
  }
  if (answer.status === 401) signedOut();
  return false;
}
