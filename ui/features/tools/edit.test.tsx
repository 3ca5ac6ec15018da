import { EditorView } from "@codemirror/view";
import { configure, fireEvent, screen, waitFor, within } from "@testing-library/react";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { type Call, serve, show, signInAs } from "@/test/world";
import type { Tool } from "./api";
import { ToolEdit } from "./edit";

const place = vi.hoisted(() => ({ query: "" }));
vi.mock("next/navigation", () => ({
  usePathname: () => "/tools/edit",
  useRouter: () => ({ push: () => undefined, replace: () => undefined }),
  useSearchParams: () => new URLSearchParams(place.query),
}));

const text = { type: "string" };
const HTTP = {
  type: "object",
  $defs: {
    None: { type: "object", properties: { type: { const: "none" } } },
    Bearer: { type: "object", properties: { type: { const: "bearer" }, token: text } },
    Link: { type: "object", properties: { type: { const: "link" }, items: text } },
  },
  properties: {
    kind: { const: "http" },
    method: { enum: ["GET", "POST"], default: "GET" },
    url: text,
    query: { type: "object", additionalProperties: {} },
    headers: { type: "object", additionalProperties: text },
    auth: { oneOf: [{ $ref: "#/$defs/None" }, { $ref: "#/$defs/Bearer" }] },
    json_body: {},
    form: {},
    multipart: {},
    body: {},
    fail_on: { type: "array", items: text },
    pagination: { anyOf: [{ oneOf: [{ $ref: "#/$defs/Link" }] }, { type: "null" }] },
    newest: text,
  },
};
const PYTHON = {
  type: "object",
  properties: { kind: { const: "python" }, code: text, packages: { type: "array", items: text } },
};
const CATALOG = {
  nodes: [],
  builtins: [],
  tools: [
    {
      kind: "http",
      title: "HTTP",
      description: "",
      icon: "globe",
      templated: ["url"],
      config_schema: HTTP,
    },
    {
      kind: "python",
      title: "Python",
      description: "",
      icon: "code",
      templated: [],
      config_schema: PYTHON,
    },
  ],
};
const TOOL: Tool = {
  id: "t1",
  owner_id: "u",
  name: "mean",
  description: null,
  tool_type: "python",
  config: { kind: "python", code: "def main(a: int):\n    return a\n", packages: [] },
  input_schema: null,
  output_schema: null,
  is_public: false,
  rate_limit: null,
  version: 3,
  created_at: "2026-01-01T00:00:00Z",
  updated_at: "2026-01-01T00:00:00Z",
};

/** A server with the catalog; what else is asked of it, `other` answers. */
function world(other: (call: Call) => unknown): Call[] {
  return serve((call) => {
    if (call.path === "/api/v1/catalog") return CATALOG;
    if (call.path.startsWith("/api/v1/secrets")) return { items: [], next_cursor: null };
    if (call.path.startsWith("/api/v1/expressions")) return { ok: true, value: "" };
    return other(call);
  });
}

const answer = (more: object) => ({
  ok: true,
  output: null,
  error: null,
  logs: [],
  usage: { ms: 5 },
  ...more,
});
const button = (name: string | RegExp) => screen.getByRole("button", { name });
const of = (calls: Call[], method: string, path: string) =>
  calls.filter((call) => call.method === method && call.path === `/api/v1${path}`);

async function write(name: string, content: string): Promise<void> {
  const box = await screen.findByRole("textbox", { name });
  const editor = EditorView.findFromDOM(box);
  if (!editor) throw new Error(`${name} is no editor`);
  editor.dispatch({ changes: { from: 0, to: editor.state.doc.length, insert: content } });
}

function open(query: string): void {
  place.query = query;
  show(<ToolEdit />);
}

// Editors are loaded when they are first shown.
configure({ asyncUtilTimeout: 10_000 });
vi.setConfig({ testTimeout: 20_000 });
beforeEach(() => signInAs("editor"));

describe("a new Python tool", () => {
  it("takes its inputs from the code, is tried as written, and is saved", async () => {
    const calls = world(({ path, body }) =>
      path.endsWith("/test")
        ? answer({
            output: { sum: 3 },
            logs: [{ timestamp: TOOL.created_at, level: "info", message: "adding" }],
          })
        : { ...TOOL, ...(body as object), version: 1 },
    );
    open("kind=python");
    await write("Code", "def main(a: int, b: int = 2):\n    return a + b\n");
    fireEvent.click(await screen.findByRole("button", { name: "Use as the input schema" }));
    fireEvent.change(await screen.findByRole("spinbutton", { name: "A" }), {
      target: { value: "1" },
    });
    fireEvent.keyDown(window, { key: "Enter", ctrlKey: true });
    expect((await screen.findByRole("log")).textContent).toContain("adding");
    expect(screen.getByText("sum:")).toBeTruthy();
    const [tried] = of(calls, "POST", "/tools/test");
    expect(tried?.body).toMatchObject({
      inputs: { a: 1, b: 2 },
      timeout_seconds: 60,
      config: { kind: "python" },
      input_schema: { required: ["a"] },
    });
    fireEvent.change(screen.getByLabelText(/^Name/), { target: { value: "adder" } });
    fireEvent.click(button("Save"));
    await screen.findByText("“adder” is saved.");
    expect(of(calls, "POST", "/tools")[0]?.body).toMatchObject({
      name: "adder",
      config: { kind: "python", code: expect.stringContaining("a + b") },
      rate_limit: null,
    });
    expect(screen.getByRole("heading", { level: 1 }).textContent).toBe("adder");
    expect(screen.getByRole("log").textContent).toContain("adding");
  });

  it("shows the line that failed, with what to do", async () => {
    const error = {
      code: "UserCodeError",
      message: "ValueError: no",
      details: { type: "ValueError", line: 2, traceback: "Traceback: here" },
    };
    world(() => answer({ ok: false, error }));
    open("kind=python");
    await write("Code", "def main():\n    raise ValueError('no')\n");
    fireEvent.click(button(/^Try it/));
    const alert = await screen.findByRole("alert");
    expect(alert.textContent).toContain("line 2");
    expect(alert.textContent).toContain("Correct the code");
    expect(screen.getByText("Traceback: here")).toBeTruthy();
    const box = screen.getByRole("textbox", { name: "Code" });
    await waitFor(() => expect(box.querySelector(".cm-bad-line")?.textContent).toContain("raise"));
  });
});

describe("a new HTTP tool", () => {
  it("is filled in from a cURL command, of which nothing is sent", async () => {
    const calls = world(() => answer({ output: { status: 201, headers: {}, body: "made" } }));
    open("kind=http");
    fireEvent.click(await screen.findByRole("button", { name: "Paste cURL" }));
    fireEvent.change(screen.getByLabelText("cURL command"), {
      target: {
        value: `curl -k 'https://example.org/x?a=1' -H 'Authorization: Bearer abc' -d '{"n":1}'`,
      },
    });
    expect(
      within(screen.getByRole("dialog")).getByText(/certificates are always checked/),
    ).toBeTruthy();
    expect(of(calls, "POST", "/tools/test")).toEqual([]);
    fireEvent.click(button("Fill in"));
    expect((await screen.findByRole("tab", { name: /^Query/ })).textContent).toBe("Query 1");
    expect(screen.getByRole("tab", { name: /^Auth/ }).textContent).toBe("Auth Bearer token");
    expect(screen.getByRole("tab", { name: /^Body/ }).textContent).toBe("Body JSON");
    expect(screen.getByRole("tab", { name: "More" })).toBeTruthy();
    fireEvent.click(button(/^Try it/));
    expect(await screen.findByText("Status 201")).toBeTruthy();
    expect(of(calls, "POST", "/tools/test")[0]?.body).toMatchObject({
      config: {
        method: "POST",
        url: "https://example.org/x",
        query: { a: "1" },
        auth: { type: "bearer", token: "abc" },
        json_body: { n: 1 },
      },
    });
  });

  it("asks for the inputs that its expressions read", async () => {
    world(() => answer({}));
    open("kind=http");
    await write("URL", "https://example.org/{{ inputs.symbol }}");
    expect(await screen.findByRole("textbox", { name: "Symbol" })).toBeTruthy();
  });

  it.each(["Query", "Headers", "Auth", "Body", "Response", "Paging", "Timeouts", "More"])(
    "has a part %s",
    async (name) => {
      world(() => answer({}));
      open("kind=http");
      const tab = await screen.findByRole("tab", { name: new RegExp(`^${name}`) });
      fireEvent.mouseDown(tab);
      await waitFor(() => expect(tab.getAttribute("data-state")).toBe("active"));
      expect(screen.getByRole("tabpanel", { name: new RegExp(`^${name}`) })).toBeTruthy();
    },
  );
});

describe("a stored tool", () => {
  it("is tried as it is stored until it is changed", async () => {
    const calls = world(({ path }) => (path.endsWith("/test") ? answer({}) : TOOL));
    open("id=t1");
    await screen.findByRole("textbox", { name: "Code" });
    fireEvent.click(button(/^Try it/));
    await screen.findByText("Succeeded");
    expect(of(calls, "POST", "/tools/t1/test")).toHaveLength(1);
    await write("Code", "def main(a: int):\n    return -a\n");
    fireEvent.click(button(/^Try it/));
    await waitFor(() => expect(of(calls, "POST", "/tools/test")).toHaveLength(1));
  });

  it("that was saved elsewhere is not overwritten unasked", async () => {
    let version = 3;
    const calls = world(({ method, body }) => {
      if (method === "GET") return { ...TOOL, version, description: version > 3 ? "theirs" : null };
      const given = body as { version: number };
      if (given.version === version) return { ...TOOL, ...given, version: version + 1 };
      return Response.json({ code: "VERSION_MISMATCH", detail: "changed" }, { status: 409 });
    });
    open("id=t1");
    await screen.findByRole("textbox", { name: "Code" });
    version = 4;
    fireEvent.change(screen.getByLabelText("Description"), { target: { value: "mine" } });
    fireEvent.keyDown(window, { key: "s", ctrlKey: true });
    const dialog = await screen.findByRole("dialog", { name: "The tool was changed elsewhere" });
    expect(await within(dialog).findByText("theirs")).toBeTruthy();
    fireEvent.click(within(dialog).getByRole("button", { name: "Keep mine" }));
    await screen.findByText("“mean” is saved.");
    expect(of(calls, "PATCH", "/tools/t1").map(({ body }) => body)).toMatchObject([
      { version: 3, description: "mine" },
      { version: 4, description: "mine" },
    ]);
  });

  it("that is used is kept, with a way to what uses it", async () => {
    const errors = [{ path: "workflows/w1", message: "uses it: Daily", code: "USED" }];
    world(({ method }) =>
      method === "DELETE"
        ? Response.json(
            { code: "TOOL_IN_USE", detail: "it is used by 'Daily'", errors },
            { status: 409 },
          )
        : TOOL,
    );
    open("id=t1");
    fireEvent.click(await screen.findByRole("button", { name: "Delete" }));
    fireEvent.click(within(screen.getByRole("dialog")).getByRole("button", { name: "Delete" }));
    const link = await screen.findByRole("link", { name: "Daily" });
    expect(link.getAttribute("href")).toBe("/workflows/edit?id=w1");
  });

  it("is not left by a link while something is unsaved", async () => {
    world(() => TOOL);
    open("id=t1");
    await screen.findByRole("textbox", { name: "Code" });
    fireEvent.change(screen.getByLabelText("Description"), { target: { value: "new" } });
    fireEvent.click(screen.getByRole("link", { name: "All tools" }));
    expect(await screen.findByRole("dialog", { name: "Leave without saving?" })).toBeTruthy();
  });

  it("is a document that can be written", async () => {
    const calls = world(({ body }) => ({ ...TOOL, ...(body as object), version: 4 }));
    open("id=t1");
    await screen.findByRole("textbox", { name: "Code" });
    fireEvent.mouseDown(screen.getByRole("tab", { name: "JSON" }));
    const document = { name: "other", config: { kind: "python", code: "def main(): ..." } };
    await write("The whole tool as JSON", "{");
    expect((await screen.findByRole("alert")).textContent).toContain("not JSON yet");
    await write("The whole tool as JSON", JSON.stringify(document));
    await waitFor(() => expect(screen.queryByRole("alert")).toBeNull());
    fireEvent.click(button("Save"));
    await screen.findByText("“other” is saved.");
    expect(of(calls, "PATCH", "/tools/t1")[0]?.body).toMatchObject(document);
  });

  it("of somebody else can be tried and duplicated, but not saved", async () => {
    world(() => ({ ...TOOL, owner_id: "another", is_public: true }));
    open("id=t1");
    expect(await screen.findByText(/somebody else's/)).toBeTruthy();
    expect(screen.queryByRole("button", { name: "Save" })).toBeNull();
    expect(screen.getByRole("link", { name: "Duplicate" })).toBeTruthy();
  });
});

it("a copy begins unsaved under another name", async () => {
  const calls = world(() => TOOL);
  open("copy=t1");
  await screen.findByRole("textbox", { name: "Code" });
  expect((screen.getByLabelText(/^Name/) as HTMLInputElement).value).toBe("mean (2)");
  expect((button("Save") as HTMLButtonElement).disabled).toBe(false);
  expect(calls.every(({ method }) => method === "GET" || method === "POST")).toBe(true);
});
