import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { refresh, resume, signedIn, signedOut, type User, useSession } from "./session";

const user = { id: "u", email: "a@b.c", display_name: "A", role: "admin" } as User;
const answer = (token: string) =>
  Response.json({ access_token: token, token_type: "bearer", expires_in: 900, user });

const fetched = vi.fn<typeof fetch>();

beforeEach(() => {
  localStorage.clear();
  fetched.mockReset();
  vi.stubGlobal("fetch", fetched);
  useSession.setState({ status: "unknown", token: null, user: null });
});

afterEach(() => {
  Reflect.deleteProperty(navigator, "locks");
});

it("signing in keeps the token and the user, signing out forgets both", () => {
  signedIn({ access_token: "t", token_type: "bearer", expires_in: 1, user });
  expect(useSession.getState()).toEqual({ status: "in", token: "t", user });
  signedOut();
  expect(useSession.getState()).toEqual({ status: "out", token: null, user: null });
});

describe("refreshing", () => {
  it("a good answer signs in", async () => {
    fetched.mockResolvedValue(answer("new"));
    expect(await refresh()).toBe(true);
    expect(useSession.getState()).toEqual({ status: "in", token: "new", user });
    expect(fetched).toHaveBeenCalledWith("/api/v1/auth/refresh", { method: "POST" });
  });

  it("all who ask at the same time share one request", async () => {
    let give: (response: Response) => void = () => {};
    fetched.mockReturnValue(new Promise((resolve) => (give = resolve)));
    const asked = [refresh(), refresh(), refresh()];
    give(answer("one"));
    expect(await Promise.all(asked)).toEqual([true, true, true]);
    expect(fetched).toHaveBeenCalledTimes(1);
  });

  it("who asks later makes a request again", async () => {
    fetched.mockImplementation(async () => answer("x"));
    await refresh();
    await refresh();
    expect(fetched).toHaveBeenCalledTimes(2);
  });

  it("401 signs out", async () => {
    signedIn({ access_token: "old", token_type: "bearer", expires_in: 1, user });
    fetched.mockResolvedValue(new Response(null, { status: 401 }));
    expect(await refresh()).toBe(false);
    expect(useSession.getState()).toEqual({ status: "out", token: null, user: null });
  });

  it("a server in trouble does not sign out", async () => {
    signedIn({ access_token: "old", token_type: "bearer", expires_in: 1, user });
    fetched.mockResolvedValue(new Response(null, { status: 503 }));
    expect(await refresh()).toBe(false);
    expect(useSession.getState()).toMatchObject({ status: "in", token: "old" });
  });

  it("no answer fails for all who asked, and the next try is a new one", async () => {
    fetched.mockRejectedValueOnce(new TypeError("offline"));
    const asked = [refresh(), refresh()];
    for (const each of await Promise.allSettled(asked)) expect(each.status).toBe("rejected");
    fetched.mockResolvedValue(answer("x"));
    expect(await refresh()).toBe(true);
  });

  it("where the browser has locks, tabs wait for each other", async () => {
    const request = vi.fn((_name: string, work: () => Promise<boolean>) => work());
    Object.defineProperty(navigator, "locks", { value: { request }, configurable: true });
    fetched.mockResolvedValue(answer("x"));
    expect(await refresh()).toBe(true);
    expect(request).toHaveBeenCalledWith("pastetrader-refresh", expect.any(Function));
  });
});

describe("going on with an earlier login", () => {
  const login = () => signedIn({ access_token: "t", token_type: "bearer", expires_in: 1, user });
  const reload = () => useSession.setState({ status: "unknown", token: null, user: null });

  it("a browser that never signed in, or signed out, is out without asking", async () => {
    await resume();
    expect(useSession.getState().status).toBe("out");
    login();
    signedOut();
    reload();
    await resume();
    expect(useSession.getState().status).toBe("out");
    expect(fetched).not.toHaveBeenCalled();
  });

  it("a login that still holds is gone on with", async () => {
    login();
    reload();
    fetched.mockResolvedValue(answer("new"));
    await resume();
    expect(useSession.getState()).toMatchObject({ status: "in", token: "new" });
  });

  it("a server in trouble or out of reach does not leave the page waiting", async () => {
    login();
    reload();
    fetched.mockResolvedValueOnce(new Response(null, { status: 503 }));
    await resume();
    expect(useSession.getState().status).toBe("out");
    reload();
    fetched.mockRejectedValueOnce(new TypeError("offline"));
    await resume();
    expect(useSession.getState().status).toBe("out");
  });

  it("after such trouble the next page tries again", async () => {
    login();
    reload();
    fetched.mockResolvedValueOnce(new Response(null, { status: 503 }));
    await resume();
    reload();
    fetched.mockResolvedValueOnce(answer("new"));
    await resume();
    expect(useSession.getState().status).toBe("in");
  });
});
