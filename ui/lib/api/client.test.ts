import { beforeEach, describe, expect, it, vi } from "vitest";
import { authorised, need } from "./client";
import { Problem } from "./problem";
import { type User, useSession } from "./session";

const URL_OF_CALL = "http://localhost/api/v1/things";
const user = { id: "u", email: "a@b.c", display_name: "A", role: "admin" } as User;

interface Call {
  url: string;
  token: string | null;
  body: string;
}

let calls: Call[] = [];

/** A server: `answers` gives the status of a call; the refresh gives the token `new`. */
function serve(answers: (call: Call) => number, refreshed: () => Response = renewed): void {
  vi.stubGlobal("fetch", async (input: Request | string) => {
    if (typeof input === "string") {
      calls.push({ url: input, token: null, body: "" });
      return refreshed();
    }
    const token = input.headers.get("Authorization");
    const call = { url: input.url, token, body: await input.text() };
    calls.push(call);
    return new Response("{}", { status: answers(call) });
  });
}

function renewed(): Response {
  return Response.json({ access_token: "new", token_type: "bearer", expires_in: 900, user });
}

const post = () => new Request(URL_OF_CALL, { method: "POST", body: '{"a":1}' });
const refreshes = () => calls.filter((call) => call.url === "/api/v1/auth/refresh");

beforeEach(() => {
  calls = [];
  useSession.setState({ status: "in", token: "old", user });
});

describe("a call with the access token", () => {
  it("it carries the token", async () => {
    serve(() => 200);
    expect((await authorised(post())).status).toBe(200);
    expect(calls).toEqual([{ url: URL_OF_CALL, token: "Bearer old", body: '{"a":1}' }]);
  });

  it("without a token it carries none", async () => {
    useSession.setState({ token: null });
    serve(() => 200);
    await authorised(post());
    expect(calls[0]?.token).toBeNull();
  });

  it("after 401 the token is renewed, and the same call is made once again with it", async () => {
    serve(({ token }) => (token === "Bearer new" ? 200 : 401));
    expect((await authorised(post())).status).toBe(200);
    expect(calls).toEqual([
      { url: URL_OF_CALL, token: "Bearer old", body: '{"a":1}' },
      { url: "/api/v1/auth/refresh", token: null, body: "" },
      { url: URL_OF_CALL, token: "Bearer new", body: '{"a":1}' },
    ]);
  });

  it("a second 401 is the answer", async () => {
    serve(() => 401);
    expect((await authorised(post())).status).toBe(401);
    expect(calls).toHaveLength(3);
  });

  it("when the login is over, the first answer stands and the person is signed out", async () => {
    serve(
      () => 401,
      () => new Response(null, { status: 401 }),
    );
    expect((await authorised(post())).status).toBe(401);
    expect(calls).toHaveLength(2);
    expect(useSession.getState().status).toBe("out");
  });

  it("calls that fail at the same time share one refresh", async () => {
    serve(({ token }) => (token === "Bearer new" ? 200 : 401));
    const answers = await Promise.all([post(), post(), post()].map(authorised));
    expect(answers.map((each) => each.status)).toEqual([200, 200, 200]);
    expect(refreshes()).toHaveLength(1);
  });

  it("a refused sign-in is the answer, without a refresh", async () => {
    serve(() => 401);
    const login = new Request("http://localhost/api/v1/auth/login", { method: "POST" });
    expect((await authorised(login)).status).toBe(401);
    expect(calls).toHaveLength(1);
  });

  it("other errors are answers, without a refresh", async () => {
    for (const status of [400, 403, 404, 409, 500]) {
      serve(() => status);
      expect((await authorised(post())).status).toBe(status);
    }
    expect(refreshes()).toEqual([]);
  });

  it("no answer is a problem of its own", async () => {
    vi.stubGlobal("fetch", () => Promise.reject(new TypeError("Failed to fetch")));
    const failure = await authorised(post()).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(Problem);
    expect(failure).toMatchObject({ status: 0, code: "UNREACHABLE" });
  });

  it("a call that was given up stays one", async () => {
    const abort = new DOMException("aborted", "AbortError");
    vi.stubGlobal("fetch", () => Promise.reject(abort));
    await expect(authorised(post())).rejects.toBe(abort);
  });

  it("no answer to the refresh is the same problem", async () => {
    serve(
      () => 401,
      () => {
        throw new TypeError("Failed to fetch");
      },
    );
    await expect(authorised(post())).rejects.toBeInstanceOf(Problem);
  });
});

describe("the data of a call", () => {
  const response = (status: number) => new Response(status === 204 ? null : "", { status });

  it("it is given when there is some", async () => {
    expect(await need(Promise.resolve({ data: [1], response: response(200) }))).toEqual([1]);
    expect(await need(Promise.resolve({ response: response(204) }))).toBeUndefined();
  });

  it("an error is thrown as the problem that the API tells", async () => {
    const error = {
      code: "TAKEN",
      title: "Conflict",
      detail: "There is one.",
      errors: [{ path: "name", message: "m", code: "c" }],
      request_id: "r1",
    };
    const failure = await need(Promise.resolve({ error, response: response(409) })).catch(
      (problem: unknown) => problem,
    );
    expect(failure).toBeInstanceOf(Problem);
    expect(failure).toMatchObject({
      status: 409,
      code: "TAKEN",
      title: "Conflict",
      message: "There is one.",
      items: error.errors,
      requestId: "r1",
    });
  });

  it("an error without a body is a problem too", async () => {
    await expect(
      need(Promise.resolve({ error: "", response: response(502) })),
    ).rejects.toMatchObject({
      status: 502,
      code: "HTTP_ERROR",
      message: "HTTP 502",
    });
  });
});

describe("a problem from an answer", () => {
  it("it is read from JSON, and anything else is just its status", async () => {
    expect(await Problem.of(Response.json({ code: "X" }, { status: 418 }))).toMatchObject({
      status: 418,
      code: "X",
    });
    for (const body of ["<html>", "[1]", "null", ""])
      expect(await Problem.of(new Response(body, { status: 500 }))).toMatchObject({
        status: 500,
        code: "HTTP_ERROR",
      });
  });
});
